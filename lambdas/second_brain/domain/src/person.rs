//! The accounts by which one person signs in: of the user pool itself, Google's and Amazon's.

#![allow(async_fn_in_trait, reason = "a Lambda environment runs one request at a time on one thread")]

use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use crate::caller::{Caller, Claims, UserId};
use crate::failure::{Failure, Invalid};
use crate::fields::Fields;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Provider {
    Cognito,
    Google,
    Amazon,
}

impl Provider {
    /// From the name in the user pool, which for federated accounts starts with their provider's.
    pub fn of(claims: &Claims) -> Option<Self> {
        let name = claims.username.as_deref()?.to_ascii_lowercase();
        Some(match name.split_once('_') {
            Some(("google", _)) => Self::Google,
            Some(("loginwithamazon", _)) => Self::Amazon,
            _ => Self::Cognito,
        })
    }

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cognito => "cognito",
            Self::Google => "google",
            Self::Amazon => "amazon",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Account {
    pub id: UserId,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    pub name: String,
    /// `kept`, `linked` or `awaiting_confirmation`.
    pub state: String,
    pub notes: i64,
}

/// Whose code was typed, and what comes to them once they confirm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TypedCode {
    /// `preview` or `awaiting_confirmation`.
    pub state: String,
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    pub notes_moving: i64,
    pub links_ending: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeRequest {
    pub code: String,
    pub dry_run: bool,
}

impl CodeRequest {
    pub fn parse(body: &[u8]) -> Result<Self, Invalid> {
        let fields = Fields::parse(body, &["code", "dry_run"])?;
        let dry_run = fields.optional_boolean("dry_run")?.unwrap_or(false);
        Ok(Self { code: fields.text("code", 1..=64)?, dry_run })
    }
}

/// The account that a body or a path names.
pub fn account_id(text: &str) -> Result<UserId, Invalid> {
    Uuid::try_parse(text).map(UserId).map_err(|_| Invalid::new("account_id", "must be a UUID"))
}

pub fn confirmed_account(body: &[u8]) -> Result<UserId, Invalid> {
    account_id(&Fields::parse(body, &["account_id"])?.text("account_id", 1..=64)?)
}

pub trait KeepAccounts {
    /// Replaces an earlier code of this person.
    async fn offer_code(
        &self,
        caller: &Caller,
        provider: Option<Provider>,
        code_hash: &[u8],
    ) -> Result<Timestamp, Failure>;

    /// Links nothing yet: the code's owner confirms.
    async fn type_code(
        &self,
        caller: &Caller,
        provider: Option<Provider>,
        code_hash: &[u8],
        dry_run: bool,
    ) -> Result<TypedCode, Failure>;

    /// How many notes came with the account.
    async fn confirm(&self, caller: &Caller, account: UserId) -> Result<i64, Failure>;

    async fn accounts(&self, caller: &Caller) -> Result<Vec<Account>, Failure>;

    async fn unlink_account(&self, caller: &Caller, account: UserId) -> Result<(), Failure>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_its_providers_by_its_name_in_the_pool() {
        let of = |name: &str| Provider::of(&claims(Some(name)));
        assert_eq!(of("Google_108"), Some(Provider::Google));
        assert_eq!(of("loginwithamazon_amzn1.account.A"), Some(Provider::Amazon));
        assert_eq!(of("7c0c2f0a-9a37-4cf1-9c43-5e3c0a5ad0a1"), Some(Provider::Cognito));
        assert_eq!(of("ann_google_"), Some(Provider::Cognito));
        assert_eq!(Provider::of(&claims(None)), None);
    }

    fn claims(username: Option<&str>) -> Claims {
        Claims {
            subject: "s".into(),
            username: username.map(str::to_owned),
            email: None,
            email_verified: false,
            name: None,
            family: None,
            time_zone: None,
        }
    }
}
