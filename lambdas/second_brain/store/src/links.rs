//! Accounts at Discord and Alexa that act for a person.

use second_brain_domain::link::{Link, LinkId, LinkedPerson};
use second_brain_domain::ports::{EndLink, ListLinks};
use second_brain_domain::{Caller, Failure, FamilyId};
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use crate::callers::caller;
use crate::connection::{Database, Parameters};
use crate::link_attempts::{Step, StepName};

/// An account is one person's at a time, and a person has one account: the newest link wins.
const RELEASE: &str = "
    delete from external_accounts where provider = $1 and (external_id = $2 or user_id = $3)";

/// Nothing for a person who has moved to another family since they confirmed.
const LINK: &str = "
    insert into external_accounts (family_id, user_id, provider, external_id, account_name, username,
        linked_family, given_family)
    select family_id, id, $1, $2, $3, $6, family_id, $7 from users where id = $4 and family_id = $5
    returning id";

/// Only links that were confirmed count, and only in the family that they were confirmed for.
const LINKED: &str = "
    select users.id, users.family_id, users.time_zone, users.subject, account.username, account.given_family
    from external_accounts as account join users on users.id = account.user_id
    where account.provider = $1 and account.external_id = $2
        and account.username is not null and account.linked_family = users.family_id";

const UNLINK: &str = "delete from external_accounts where provider = $1 and external_id = $2 returning id";

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
        self.transaction(async || {
            let taken = self.redeem_link_step(provider, StepName::Confirmed, code_hash).await?;
            let Some((account, Step::Confirmed { person })) = taken else { return Ok(false) };
            if account.id != account_id {
                return Ok(false);
            }
            let release: &Parameters<'_> =
                &[(&provider.as_str(), Type::TEXT), (&account_id, Type::TEXT), (&person.user.0, Type::UUID)];
            self.write(RELEASE, release).await?;
            let link: &Parameters<'_> = &[
                (&provider.as_str(), Type::TEXT),
                (&account.id, Type::TEXT),
                (&account.name, Type::TEXT),
                (&person.user.0, Type::UUID),
                (&person.family.0, Type::UUID),
                (&person.username, Type::TEXT),
                (&person.given_family.map(|family| family.0), Type::UUID),
            ];
            Ok(!self.write(LINK, link).await?.is_empty())
        })
        .await
    }

    pub async fn linked(
        &self,
        provider: Provider,
        account_id: &str,
    ) -> Result<Option<LinkedPerson>, Failure> {
        let parameters: &Parameters<'_> = &[(&provider.as_str(), Type::TEXT), (&account_id, Type::TEXT)];
        Ok(self.read(LINKED, parameters).await?.first().map(|row| LinkedPerson {
            caller: caller(row),
            subject: row.get("subject"),
            username: row.get("username"),
            given_family: row.get::<_, Option<_>>("given_family").map(FamilyId),
        }))
    }

    /// Deletes the account's link and any attempt; returns whether there was a link.
    pub async fn unlink(&self, provider: Provider, account_id: &str) -> Result<bool, Failure> {
        self.delete_link_attempt(provider, account_id).await?;
        let parameters: &Parameters<'_> = &[(&provider.as_str(), Type::TEXT), (&account_id, Type::TEXT)];
        Ok(!self.write(UNLINK, parameters).await?.is_empty())
    }
}

impl ListLinks for Database {
    async fn links(&self, caller: &Caller) -> Result<Vec<Link>, Failure> {
        let parameters: &Parameters<'_> = &[(&caller.family.0, Type::UUID), (&caller.user.0, Type::UUID)];
        Ok(self.read(LIST, parameters).await?.iter().map(link).collect())
    }
}

impl EndLink for Database {
    async fn end_link(&self, caller: &Caller, id: LinkId) -> Result<(), Failure> {
        let parameters: &Parameters<'_> =
            &[(&id.0, Type::UUID), (&caller.family.0, Type::UUID), (&caller.user.0, Type::UUID)];
        let ended = self.write(END, parameters).await?;
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
