//! Who is asking. A family is the tenant; no query runs without one.

use jiff::tz::TimeZone;
use serde::Serialize;
use uuid::Uuid;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub struct FamilyId(pub Uuid);

impl FamilyId {
    pub fn parse(text: &str) -> Option<Self> {
        Uuid::try_parse(text).ok().map(Self)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub struct UserId(pub Uuid);

/// What a verified identity token says of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims {
    pub subject: String,
    /// The name in the user pool, by which its own API knows the person.
    pub username: Option<String>,
    pub email: Option<String>,
    /// Whether the person has shown that the address is theirs.
    pub email_verified: bool,
    pub name: Option<String>,
    /// `custom:family_id`, which only an administrator can write. It places somebody who is new; the family of
    /// everybody else is what the database says, since a token outlives a move.
    pub family: Option<FamilyId>,
    /// `custom:timezone`, which the person writes and which may therefore be anything.
    pub time_zone: Option<String>,
}

impl Claims {
    pub fn verified_email(&self) -> Option<&str> {
        self.email.as_deref().filter(|_| self.email_verified)
    }
}

/// A person of this system, with the family that every query is limited to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    pub user: UserId,
    pub family: FamilyId,
    pub time_zone: TimeZone,
}

/// A zone of the tz database, or none: PostgreSQL and this program must agree on what it means.
pub fn known_time_zone(name: &str) -> Option<TimeZone> {
    TimeZone::get(name).ok()
}
