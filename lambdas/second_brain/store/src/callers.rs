//! Who is asking: the person behind an identity token, or behind a linked account.

use second_brain_domain::caller::known_time_zone;
use second_brain_domain::ports::{FindCaller, ResolveCaller};
use second_brain_domain::{Caller, Claims, Failure, FamilyId, UserId};
use tokio_postgres::Row;
use tokio_postgres::types::Type;
use uuid::Uuid;

use crate::connection::Database;
use crate::outside_families::{ENTER_USER, FIND_USER};

impl ResolveCaller for Database {
    async fn resolve(&self, claims: &Claims) -> Result<Caller, Failure> {
        if !(1..=128).contains(&claims.subject.chars().count()) {
            return Err(Failure::Unauthenticated("the token names nobody"));
        }
        match self.known(&claims.subject).await? {
            Some(caller) if agrees(&caller, claims) => Ok(caller),
            _ => self.enter(claims).await,
        }
    }
}

impl FindCaller for Database {
    async fn known(&self, subject: &str) -> Result<Option<Caller>, Failure> {
        let rows = self.read_outside(&FIND_USER, &[(&subject, Type::TEXT)]).await?;
        Ok(rows.first().map(caller))
    }
}

impl Database {
    /// `enter_user` decides whether the family counts: only for somebody who is new.
    async fn enter(&self, claims: &Claims) -> Result<Caller, Failure> {
        let family = claims.family.unwrap_or_else(|| FamilyId(Uuid::new_v4()));
        let zone = known_zone_name(claims);
        let rows = self
            .write_outside(
                &ENTER_USER,
                &[
                    (&claims.subject, Type::TEXT),
                    (&family.0, Type::UUID),
                    (&claims.family.is_some(), Type::BOOL),
                    (&short(claims.email.as_deref(), 320), Type::TEXT),
                    (&short(claims.name.as_deref(), 200).unwrap_or_default(), Type::TEXT),
                    (&zone, Type::TEXT),
                ],
            )
            .await?;
        rows.first().map(caller).ok_or(Failure::NotFound("user"))
    }
}

/// Nothing that the token decides is newer than what is stored. Their family it does not decide.
fn agrees(caller: &Caller, claims: &Claims) -> bool {
    let zone = known_zone_name(claims);
    zone.is_empty() || caller.time_zone.iana_name() == Some(zone)
}

/// The token's time zone if this program knows it, otherwise nothing.
fn known_zone_name(claims: &Claims) -> &str {
    claims.time_zone.as_deref().filter(|name| known_time_zone(name).is_some()).unwrap_or_default()
}

pub(crate) fn short(text: Option<&str>, length: usize) -> Option<String> {
    text.filter(|text| !text.contains('\0')).map(|text| text.chars().take(length).collect())
}

/// From the columns id, family_id and time_zone.
pub(crate) fn caller(row: &Row) -> Caller {
    let zone: &str = row.get("time_zone");
    Caller {
        user: UserId(row.get("id")),
        family: FamilyId(row.get("family_id")),
        time_zone: known_time_zone(zone).unwrap_or(jiff::tz::TimeZone::UTC),
    }
}
