//! Accounts at Discord and Alexa that act for a person.

use second_brain_domain::link::{Link, LinkId, LinkedPerson};
use second_brain_domain::ports::{EndLink, ListLinks};
use second_brain_domain::{Caller, Failure, FamilyId};
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use crate::callers::caller;
use crate::connection::{Database, Parameters};
use crate::link_attempts::StepName;
use crate::outside_families::{COMPLETE_LINK, END_LINKS, FIND_STEP, LINKED_PERSON};

const LIST: &str = "
    select id, provider, external_id, account_name, created_at from external_accounts
    where family_id = $1 and user_id = $2 and username is not null and linked_family = family_id
    order by created_at, id";

const END: &str = "
    delete from external_accounts where id = $1 and family_id = $2 and user_id = $3 returning id";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Provider {
    Discord,
    Alexa,
}

impl Provider {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Discord => "discord",
            Self::Alexa => "alexa",
        }
    }
}

/// Somebody's account elsewhere; the id is what counts, and the name what people recognise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExternalAccount {
    pub provider: Provider,
    pub id: String,
    pub name: String,
}

impl Database {
    /// Redeems the code and creates the link. False when the code was redeemed meanwhile or the person moved.
    pub async fn complete_link(
        &self,
        provider: Provider,
        account_id: &str,
        code_hash: &[u8],
    ) -> Result<bool, Failure> {
        let step: &Parameters<'_> = &[
            (&provider.as_str(), Type::TEXT),
            (&StepName::Confirmed.as_str(), Type::TEXT),
            (&code_hash, Type::BYTEA),
        ];
        if self.read_outside(&FIND_STEP, step).await?.is_empty() {
            return Ok(false);
        }
        let parameters: &Parameters<'_> =
            &[(&provider.as_str(), Type::TEXT), (&account_id, Type::TEXT), (&code_hash, Type::BYTEA)];
        let rows = self.write_outside(&COMPLETE_LINK, parameters).await?;
        Ok(rows.first().is_some_and(|row| row.get("linked")))
    }

    pub async fn linked(
        &self,
        provider: Provider,
        account_id: &str,
    ) -> Result<Option<LinkedPerson>, Failure> {
        let parameters: &Parameters<'_> = &[(&provider.as_str(), Type::TEXT), (&account_id, Type::TEXT)];
        Ok(self.read_outside(&LINKED_PERSON, parameters).await?.first().map(|row| LinkedPerson {
            caller: caller(row),
            subjects: row.get("subjects"),
            username: row.get("username"),
            given_family: row.get::<_, Option<_>>("given_family").map(FamilyId),
        }))
    }

    /// Deletes the account's link and any attempt; returns whether there was a link.
    pub async fn unlink(&self, provider: Provider, account_id: &str) -> Result<bool, Failure> {
        self.delete_link_attempt(provider, account_id).await?;
        let parameters: &Parameters<'_> = &[(&provider.as_str(), Type::TEXT), (&account_id, Type::TEXT)];
        Ok(!self.write_outside(&END_LINKS, parameters).await?.is_empty())
    }
}

impl ListLinks for Database {
    async fn links(&self, caller: &Caller) -> Result<Vec<Link>, Failure> {
        let parameters: &Parameters<'_> = &[(&caller.family.0, Type::UUID), (&caller.user.0, Type::UUID)];
        Ok(self.of(caller.family).read(LIST, parameters).await?.iter().map(link).collect())
    }
}

impl EndLink for Database {
    async fn end_link(&self, caller: &Caller, id: LinkId) -> Result<(), Failure> {
        let parameters: &Parameters<'_> =
            &[(&id.0, Type::UUID), (&caller.family.0, Type::UUID), (&caller.user.0, Type::UUID)];
        let ended = self.of(caller.family).write(END, parameters).await?;
        ended.first().map(drop).ok_or(Failure::NotFound("link"))
    }
}

fn link(row: &Row) -> Link {
    Link {
        id: LinkId(row.get("id")),
        provider: row.get("provider"),
        account_id: row.get("external_id"),
        account_name: row.get("account_name"),
        linked_at: row.get("created_at"),
    }
}
