//! Which accounts of the user pool are one person. As in `families.rs`, each statement calls a function of the
//! schema in the session of the caller's family.

use jiff::Timestamp;
use second_brain_domain::person::{Account, KeepAccounts, Provider, TypedCode};
use second_brain_domain::{Caller, Failure, UserId};
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use crate::connection::{Database, Parameters};

const OFFER: &str = "select outcome, expires_at from offer_account_code($1, $2, $3)";
const TYPE: &str = "
    select outcome, name, email, moving, links_ending from type_account_code($1, $2, $3, $4)";
const CONFIRM: &str = "select outcome, moving from confirm_account($1, $2)";
const ACCOUNTS: &str = "select id, provider, email, name, state, notes from accounts_of($1)";
const UNLINK: &str = "select outcome from unlink_account($1, $2)";

impl KeepAccounts for Database {
    async fn offer_code(
        &self,
        caller: &Caller,
        provider: Option<Provider>,
        code_hash: &[u8],
    ) -> Result<Timestamp, Failure> {
        let parameters: &Parameters<'_> = &[
            (&caller.user.0, Type::UUID),
            (&code_hash, Type::BYTEA),
            (&provider.map(Provider::as_str), Type::TEXT),
        ];
        Ok(self.membership(caller, OFFER, parameters).await?.get("expires_at"))
    }

    async fn type_code(
        &self,
        caller: &Caller,
        provider: Option<Provider>,
        code_hash: &[u8],
        dry_run: bool,
    ) -> Result<TypedCode, Failure> {
        self.count_try(caller).await?;
        let parameters: &Parameters<'_> = &[
            (&caller.user.0, Type::UUID),
            (&code_hash, Type::BYTEA),
            (&provider.map(Provider::as_str), Type::TEXT),
            (&dry_run, Type::BOOL),
        ];
        let row = named(self.membership(caller, TYPE, parameters).await, "code, or no longer")?;
        Ok(TypedCode {
            state: row.get("outcome"),
            name: row.get("name"),
            email: row.get("email"),
            notes_moving: row.get("moving"),
            links_ending: row.get("links_ending"),
        })
    }

    async fn confirm(&self, caller: &Caller, account: UserId) -> Result<i64, Failure> {
        let parameters: &Parameters<'_> = &[(&caller.user.0, Type::UUID), (&account.0, Type::UUID)];
        Ok(named(self.membership(caller, CONFIRM, parameters).await, "account that waits")?.get("moving"))
    }

    async fn accounts(&self, caller: &Caller) -> Result<Vec<Account>, Failure> {
        let rows = self.of(caller.family).read(ACCOUNTS, &[(&caller.user.0, Type::UUID)]).await?;
        Ok(rows.iter().map(account).collect())
    }

    async fn unlink_account(&self, caller: &Caller, account: UserId) -> Result<(), Failure> {
        let parameters: &Parameters<'_> = &[(&caller.user.0, Type::UUID), (&account.0, Type::UUID)];
        named(self.membership(caller, UNLINK, parameters).await, "account of yours").map(drop)
    }
}

/// Says what it was that is not there.
fn named(outcome: Result<Row, Failure>, what: &'static str) -> Result<Row, Failure> {
    match outcome {
        Err(Failure::NotFound(_)) => Err(Failure::NotFound(what)),
        other => other,
    }
}

fn account(row: &Row) -> Account {
    Account {
        id: UserId(row.get("id")),
        provider: row.get("provider"),
        email: row.get("email"),
        name: row.get("name"),
        state: row.get("state"),
        notes: row.get("notes"),
    }
}
