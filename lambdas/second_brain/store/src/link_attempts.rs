//! Links in progress: at most one attempt for each external account.
//!
//! Each step has a secret, found by its hash. Redeeming deletes the row and returns it, and the next step
//! inserts a new row: a secret works once, even if the request then fails, and a newer attempt of the same
//! account replaces an older one.

use second_brain_domain::{Caller, Failure, FamilyId, UserId};
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use crate::connection::{Database, Parameters};
use crate::links::{ExternalAccount, Provider};
use crate::outside_families::{
    BEGIN_ATTEMPT, COUNT_ATTEMPT, DELETE_ATTEMPT, FIND_REQUEST, FIND_STEP, INSERT_STEP, REDEEM_STEP,
};

/// The person who signed in, with what the user pool's token said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedInUser {
    pub user: UserId,
    pub family: FamilyId,
    pub given_family: Option<FamilyId>,
    pub username: String,
}

impl SignedInUser {
    pub fn of(caller: &Caller, given_family: Option<FamilyId>, username: String) -> Self {
        Self { user: caller.user, family: caller.family, given_family, username }
    }
}

/// A step of an attempt, with the data that only this step has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    Asked,
    Opened { browser_hash: Vec<u8>, code_verifier: String },
    SignedIn { browser_hash: Vec<u8>, person: SignedInUser },
    Confirmed { person: SignedInUser },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepName {
    Asked,
    Opened,
    SignedIn,
    Confirmed,
}

impl StepName {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Opened => "opened",
            Self::SignedIn => "signed_in",
            Self::Confirmed => "confirmed",
        }
    }
}

impl Step {
    const fn name(&self) -> StepName {
        match self {
            Self::Asked => StepName::Asked,
            Self::Opened { .. } => StepName::Opened,
            Self::SignedIn { .. } => StepName::SignedIn,
            Self::Confirmed { .. } => StepName::Confirmed,
        }
    }

    fn browser_hash(&self) -> Option<&[u8]> {
        match self {
            Self::Opened { browser_hash, .. } | Self::SignedIn { browser_hash, .. } => Some(browser_hash),
            Self::Asked | Self::Confirmed { .. } => None,
        }
    }

    fn code_verifier(&self) -> Option<&str> {
        if let Self::Opened { code_verifier, .. } = self { Some(code_verifier) } else { None }
    }

    const fn person(&self) -> Option<&SignedInUser> {
        match self {
            Self::SignedIn { person, .. } | Self::Confirmed { person } => Some(person),
            Self::Asked | Self::Opened { .. } => None,
        }
    }
}

impl Database {
    /// Starts an attempt and replaces any earlier one of this account.
    pub async fn begin_link(&self, account: &ExternalAccount, ticket_hash: &[u8]) -> Result<(), Failure> {
        let parameters: &Parameters<'_> = &[
            (&account.provider.as_str(), Type::TEXT),
            (&account.id, Type::TEXT),
            (&account.name, Type::TEXT),
            (&ticket_hash, Type::BYTEA),
        ];
        self.write_outside(&BEGIN_ATTEMPT, parameters).await.map(drop)
    }

    /// The account that requested the link with this ticket. Reads only.
    pub async fn find_link_request(
        &self,
        provider: Provider,
        ticket_hash: &[u8],
    ) -> Result<Option<ExternalAccount>, Failure> {
        let parameters: &Parameters<'_> = &[(&provider.as_str(), Type::TEXT), (&ticket_hash, Type::BYTEA)];
        Ok(self.read_outside(&FIND_REQUEST, parameters).await?.first().map(|row| account(provider, row)))
    }

    /// Deletes the row and returns it: the secret does not work a second time.
    pub async fn redeem_link_step(
        &self,
        provider: Provider,
        step: StepName,
        secret_hash: &[u8],
    ) -> Result<Option<(ExternalAccount, Step)>, Failure> {
        let parameters: &Parameters<'_> =
            &[(&provider.as_str(), Type::TEXT), (&step.as_str(), Type::TEXT), (&secret_hash, Type::BYTEA)];
        if self.read_outside(&FIND_STEP, parameters).await?.is_empty() {
            return Ok(None);
        }
        let rows = self.write_outside(&REDEEM_STEP, parameters).await?;
        Ok(rows.first().map(|row| (account(provider, row), step_of(step, row))))
    }

    /// False when a newer attempt of the same account exists.
    pub async fn insert_link_step(
        &self,
        account: &ExternalAccount,
        step: &Step,
        secret_hash: &[u8],
    ) -> Result<bool, Failure> {
        let person = step.person();
        let parameters: &Parameters<'_> = &[
            (&account.provider.as_str(), Type::TEXT),
            (&account.id, Type::TEXT),
            (&account.name, Type::TEXT),
            (&step.name().as_str(), Type::TEXT),
            (&secret_hash, Type::BYTEA),
            (&step.browser_hash(), Type::BYTEA),
            (&step.code_verifier(), Type::TEXT),
            (&person.map(|person| person.user.0), Type::UUID),
            (&person.map(|person| person.family.0), Type::UUID),
            (&person.and_then(|person| person.given_family).map(|family| family.0), Type::UUID),
            (&person.map(|person| person.username.as_str()), Type::TEXT),
        ];
        Ok(!self.write_outside(&INSERT_STEP, parameters).await?.is_empty())
    }

    /// The hash of the code that this account must send, unless there is none or five attempts were made.
    pub async fn try_link_code(
        &self,
        provider: Provider,
        account_id: &str,
    ) -> Result<Option<Vec<u8>>, Failure> {
        let parameters: &Parameters<'_> = &[(&provider.as_str(), Type::TEXT), (&account_id, Type::TEXT)];
        Ok(self.write_outside(&COUNT_ATTEMPT, parameters).await?.first().map(|row| row.get("secret_hash")))
    }

    pub(crate) async fn delete_link_attempt(
        &self,
        provider: Provider,
        account_id: &str,
    ) -> Result<(), Failure> {
        let parameters: &Parameters<'_> = &[(&provider.as_str(), Type::TEXT), (&account_id, Type::TEXT)];
        self.write_outside(&DELETE_ATTEMPT, parameters).await.map(drop)
    }
}

fn account(provider: Provider, row: &Row) -> ExternalAccount {
    ExternalAccount { provider, id: row.get("external_id"), name: row.get("account_name") }
}

/// The table's checks see to it that each step has its columns.
fn step_of(step: StepName, row: &Row) -> Step {
    match step {
        StepName::Asked => Step::Asked,
        StepName::Opened => {
            Step::Opened { browser_hash: row.get("browser_hash"), code_verifier: row.get("code_verifier") }
        }
        StepName::SignedIn => {
            Step::SignedIn { browser_hash: row.get("browser_hash"), person: signed_in_user(row) }
        }
        StepName::Confirmed => Step::Confirmed { person: signed_in_user(row) },
    }
}

fn signed_in_user(row: &Row) -> SignedInUser {
    SignedInUser {
        user: UserId(row.get("user_id")),
        family: FamilyId(row.get("linked_family")),
        given_family: row.get::<_, Option<_>>("given_family").map(FamilyId),
        username: row.get("username"),
    }
}
