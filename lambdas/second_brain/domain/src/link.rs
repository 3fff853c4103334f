//! Links between external accounts and people, and what ends a link.

use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use crate::caller::{Caller, FamilyId};
use crate::failure::Invalid;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct LinkId(pub Uuid);

impl LinkId {
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        Uuid::try_parse(text).map(Self).map_err(|_| Invalid::new("link_id", "must be a UUID"))
    }
}

/// What a person sees of a link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Link {
    pub id: LinkId,
    pub provider: String,
    pub account_id: String,
    pub account_name: String,
    pub linked_at: Timestamp,
}

/// The person behind a linked account, with what the user pool said of them at the time of the link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkedPerson {
    pub caller: Caller,
    /// Of every account by which they sign in; the link was made with one of them.
    pub subjects: Vec<String>,
    pub username: String,
    /// `custom:family_id`, if they had one.
    pub given_family: Option<FamilyId>,
}

/// What the user pool says of a person now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolUser {
    pub enabled: bool,
    pub subject: String,
    pub family: Option<FamilyId>,
}

impl PoolUser {
    /// Whether this is the enabled owner of a token with that subject. Their family is the database's to say.
    pub fn is_still(&self, subject: &str) -> bool {
        self.enabled && self.subject == subject
    }
}

impl LinkedPerson {
    /// Whether the person still exists, is enabled, and is in the same family.
    pub fn is_unchanged(&self, now: Option<&PoolUser>) -> bool {
        now.is_some_and(|user| {
            user.enabled && self.subjects.contains(&user.subject) && user.family == self.given_family
        })
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;
    use crate::caller::UserId;

    fn person(given_family: Option<FamilyId>) -> LinkedPerson {
        let family = given_family.unwrap_or(FamilyId(Uuid::new_v4()));
        LinkedPerson {
            caller: Caller { user: UserId(Uuid::new_v4()), family, time_zone: TimeZone::UTC },
            subjects: vec!["first".into(), "s".into()],
            username: "u".into(),
            given_family,
        }
    }

    #[test]
    fn a_token_is_worth_nothing_once_its_owner_is_disabled_or_replaced() {
        let user = PoolUser { enabled: true, subject: "s".into(), family: None };
        assert!(user.is_still("s"));
        assert!(!user.is_still("another"));
        assert!(!PoolUser { enabled: false, ..user }.is_still("s"));
    }

    #[test]
    fn a_link_ends_with_whatever_it_was_made_for() {
        let family = Some(FamilyId(Uuid::new_v4()));
        let same = PoolUser { enabled: true, subject: "s".into(), family };
        assert!(person(family).is_unchanged(Some(&same)));
        assert!(person(None).is_unchanged(Some(&PoolUser { family: None, ..same.clone() })));
        let disabled = PoolUser { enabled: false, ..same.clone() };
        let namesake = PoolUser { subject: "another".into(), ..same.clone() };
        let moved = PoolUser { family: Some(FamilyId(Uuid::new_v4())), ..same.clone() };
        let moved_out = PoolUser { family: None, ..same.clone() };
        for ended in [None, Some(&disabled), Some(&namesake), Some(&moved), Some(&moved_out)] {
            assert!(!person(family).is_unchanged(ended), "{ended:?}");
        }
        assert!(!person(None).is_unchanged(Some(&same)), "somebody without a family was given one");
    }
}
