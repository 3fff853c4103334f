//! Accounts at Discord and Alexa that act for a person, and the one-time states that link them.

use second_brain_domain::{Caller, Failure};
use tokio_postgres::types::Type;

use crate::callers::caller;
use crate::connection::{Database, Parameters};

const BEGIN: &str = "
    insert into link_states (state_hash, provider, external_id, code_verifier, expires_at)
    values ($1, $2, $3, $4, now() + interval '10 minutes')";

const REDEEM: &str = "
    delete from link_states where state_hash = $1 and provider = $2 and expires_at > now()
    returning external_id, code_verifier";

/// An account is one person's at a time, and a person has one account: the newest link wins.
const RELEASE: &str = "
    delete from external_accounts
    where provider = $1 and (external_id = $2 or user_id = $3)
        and not (external_id = $2 and user_id = $3)";

const LINK: &str = "
    insert into external_accounts (family_id, user_id, provider, external_id) values ($1, $2, $3, $4)
    on conflict (provider, external_id) do nothing";

const LINKED: &str = "
    select users.id, users.family_id, users.time_zone
    from external_accounts join users on users.id = external_accounts.user_id
    where external_accounts.provider = $1 and external_accounts.external_id = $2";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Provider {
    Discord,
    Alexa,
}

impl Provider {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Discord => "discord",
            Self::Alexa => "alexa",
        }
    }
}

/// A link under way: the hash of its state, and what proves to the token endpoint that we began it.
pub struct LinkRequest<'a> {
    pub provider: Provider,
    pub external_id: &'a str,
    pub state_hash: &'a [u8],
    pub code_verifier: &'a str,
}

#[derive(Debug, PartialEq, Eq)]
pub struct Redeemed {
    pub external_id: String,
    pub code_verifier: String,
}

/// Who an account is here.
pub struct LinkedAs<'a> {
    pub provider: Provider,
    pub external_id: &'a str,
}

impl Database {
    pub async fn begin_link(&self, link: &LinkRequest<'_>) -> Result<(), Failure> {
        let parameters: &Parameters<'_> = &[
            (&link.state_hash, Type::BYTEA),
            (&link.provider.as_str(), Type::TEXT),
            (&link.external_id, Type::TEXT),
            (&link.code_verifier, Type::TEXT),
        ];
        self.write(BEGIN, parameters).await.map(drop)
    }

    /// Takes the state out, so that it works once.
    pub async fn redeem_link(&self, provider: Provider, hash: &[u8]) -> Result<Option<Redeemed>, Failure> {
        let parameters: &Parameters<'_> = &[(&hash, Type::BYTEA), (&provider.as_str(), Type::TEXT)];
        let rows = self.write(REDEEM, parameters).await?;
        Ok(rows.first().map(|row| Redeemed {
            external_id: row.get("external_id"),
            code_verifier: row.get("code_verifier"),
        }))
    }

    pub async fn link(&self, account: &LinkedAs<'_>, to: &Caller) -> Result<(), Failure> {
        let provider = account.provider.as_str();
        self.transaction(async || {
            let release: &Parameters<'_> =
                &[(&provider, Type::TEXT), (&account.external_id, Type::TEXT), (&to.user.0, Type::UUID)];
            self.write(RELEASE, release).await?;
            let link: &Parameters<'_> = &[
                (&to.family.0, Type::UUID),
                (&to.user.0, Type::UUID),
                (&provider, Type::TEXT),
                (&account.external_id, Type::TEXT),
            ];
            self.write(LINK, link).await.map(drop)
        })
        .await
    }

    pub async fn linked(&self, account: &LinkedAs<'_>) -> Result<Option<Caller>, Failure> {
        let parameters: &Parameters<'_> =
            &[(&account.provider.as_str(), Type::TEXT), (&account.external_id, Type::TEXT)];
        Ok(self.read(LINKED, parameters).await?.first().map(caller))
    }
}
