//! Families: who belongs to one, how somebody gets in, and what moves with them.

#![allow(async_fn_in_trait, reason = "a Lambda environment runs one request at a time on one thread")]

use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use crate::caller::{Caller, FamilyId, UserId};
use crate::failure::{Failure, Invalid};
use crate::fields::Fields;

const LONGEST_EMAIL: usize = 320;

/// Owners decide who belongs to the family; children only read and write in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Owner,
    Member,
    Child,
}

impl Role {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Member => "member",
            Self::Child => "child",
        }
    }

    fn parse(name: &str, among: &[Self]) -> Result<Self, Invalid> {
        let found = among.iter().find(|role| role.as_str() == name);
        found.copied().ok_or_else(|| {
            let names: Vec<_> = among.iter().map(|role| role.as_str()).collect();
            Invalid::new("role", format!("must be one of {}", names.join(", ")))
        })
    }

    /// The body of a request that changes somebody's role.
    pub fn read(body: &[u8]) -> Result<Self, Invalid> {
        let fields = Fields::parse(body, &["role"])?;
        Self::parse(&fields.text("role", 1..=10)?, &[Self::Owner, Self::Member, Self::Child])
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Family {
    pub id: FamilyId,
    pub name: String,
    pub members: Vec<Member>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Member {
    pub id: UserId,
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    pub role: String,
    pub joined_at: Timestamp,
    /// How many of the family's notes they wrote: what would go with them.
    pub notes: i64,
    pub you: bool,
}

/// The name of a family from the body of a request.
pub fn family_name(body: &[u8]) -> Result<String, Invalid> {
    Fields::parse(body, &["name"])?.text("name", 1..=200)
}

pub fn member_id(text: &str) -> Result<UserId, Invalid> {
    Uuid::try_parse(text).map(UserId).map_err(|_| Invalid::new("member_id", "must be a UUID"))
}

pub fn invitation_id(text: &str) -> Result<Uuid, Invalid> {
    Uuid::try_parse(text).map_err(|_| Invalid::new("invitation_id", "must be a UUID"))
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewInvitation {
    pub role: Role,
    /// Only who has verified this address may use the code.
    pub email: Option<String>,
    pub uses: i16,
    pub days: i16,
}

impl NewInvitation {
    pub fn parse(body: &[u8]) -> Result<Self, Invalid> {
        let fields = Fields::parse(body, &["role", "email", "uses", "days"])?;
        let role = fields.optional_text("role", 1..=10)?;
        let small = |name, most, unsaid| -> Result<i16, Invalid> {
            let number = fields.optional_integer(name, 1..=most)?.unwrap_or(unsaid);
            i16::try_from(number).map_err(|_| Invalid::new(name, "is too large"))
        };
        Ok(Self {
            role: Role::parse(role.as_deref().unwrap_or("member"), &[Role::Member, Role::Child])?,
            email: fields.optional_text("email", 3..=LONGEST_EMAIL)?.map(checked_email).transpose()?,
            uses: small("uses", 20, 1)?,
            days: small("days", 30, 7)?,
        })
    }
}

fn checked_email(text: String) -> Result<String, Invalid> {
    let is_address = text.split_once('@').is_some_and(|(name, host)| !name.is_empty() && !host.is_empty())
        && !text.contains(char::is_whitespace);
    if is_address { Ok(text) } else { Err(Invalid::new("email", "must be an e-mail address")) }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Invitation {
    pub id: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_by: Option<UserId>,
    pub role: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    pub uses_left: i16,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

/// Whether somebody's notes come along, and whether it is only asked what would happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    pub bring_notes: bool,
    pub dry_run: bool,
}

impl Terms {
    /// The body of a request to leave.
    pub fn parse(body: &[u8]) -> Result<Self, Invalid> {
        Self::read(&Fields::parse(body, &["bring_notes", "dry_run"])?)
    }

    fn read(fields: &Fields) -> Result<Self, Invalid> {
        let dry_run = fields.optional_boolean("dry_run")?.unwrap_or(false);
        Ok(Self { bring_notes: fields.boolean("bring_notes")?, dry_run })
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JoinRequest {
    pub code: String,
    pub terms: Terms,
}

impl JoinRequest {
    pub fn parse(body: &[u8]) -> Result<Self, Invalid> {
        let fields = Fields::parse(body, &["code", "bring_notes", "dry_run"])?;
        Ok(Self { code: fields.text("code", 1..=64)?, terms: Terms::read(&fields)? })
    }
}

/// What a move does, or would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Move {
    /// `preview`, `done`, or `already` where there was nothing to do.
    pub state: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub family_id: Option<FamilyId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub family_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    pub notes_moving: i64,
    pub notes_staying: i64,
    /// Accounts elsewhere, confirmed for the family that is left.
    pub links_ending: i64,
}

/// What the database knows and does of families. Each works in the caller's own, whatever ids are named.
pub trait KeepFamilies {
    async fn family(&self, caller: &Caller) -> Result<Family, Failure>;

    /// Gives the caller's family its name; `Failure::Forbidden` for who does not own it.
    async fn found(&self, caller: &Caller, name: &str) -> Result<(), Failure>;

    async fn invite(
        &self,
        caller: &Caller,
        new: &NewInvitation,
        code_hash: &[u8],
    ) -> Result<(Uuid, Timestamp), Failure>;

    async fn invitations(&self, caller: &Caller) -> Result<Vec<Invitation>, Failure>;

    async fn withdraw(&self, caller: &Caller, invitation: Uuid) -> Result<(), Failure>;

    /// `Failure::TooMany` after ten codes within an hour, right or wrong, previews too.
    async fn join(
        &self,
        caller: &Caller,
        code_hash: &[u8],
        verified_email: Option<&str>,
        terms: Terms,
    ) -> Result<Move, Failure>;

    /// `Failure::Conflict` for the last owner of a family that has other members.
    async fn leave(&self, caller: &Caller, terms: Terms) -> Result<Move, Failure>;

    /// The removed person goes with the notes that they wrote.
    async fn remove(&self, caller: &Caller, member: UserId, dry_run: bool) -> Result<Move, Failure>;

    async fn change_role(&self, caller: &Caller, member: UserId, role: Role) -> Result<(), Failure>;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field<T>(parsed: Result<T, Invalid>) -> String {
        parsed.err().unwrap().field
    }

    #[test]
    fn an_invitation_is_for_one_member_and_a_week_unless_said() {
        let plain = NewInvitation::parse(b"{}").unwrap();
        assert_eq!(plain, NewInvitation { role: Role::Member, email: None, uses: 1, days: 7 });
        let said = br#"{"role": "child", "email": " a@b.example ", "uses": 20, "days": 30}"#;
        let said = NewInvitation::parse(said).unwrap();
        assert_eq!(
            (said.role, said.email.as_deref(), said.uses, said.days),
            (Role::Child, Some("a@b.example"), 20, 30)
        );
    }

    #[test]
    fn nobody_is_invited_as_an_owner_or_without_bounds() {
        for (body, named) in [
            (r#"{"role": "owner"}"#, "role"),
            (r#"{"role": "OWNER"}"#, "role"),
            (r#"{"uses": 0}"#, "uses"),
            (r#"{"uses": 21}"#, "uses"),
            (r#"{"days": 31}"#, "days"),
            (r#"{"email": "nobody"}"#, "email"),
            (r#"{"email": "a @b"}"#, "email"),
            (r#"{"family_id": "7c0c2f0a-9a37-4cf1-9c43-5e3c0a5ad0a1"}"#, "family_id"),
        ] {
            assert_eq!(field(NewInvitation::parse(body.as_bytes())), named, "{body}");
        }
    }

    #[test]
    fn who_moves_says_whether_their_notes_do() {
        assert_eq!(field(Terms::parse(b"{}")), "bring_notes");
        assert_eq!(field(Terms::parse(br#"{"bring_notes": "yes"}"#)), "bring_notes");
        assert_eq!(field(JoinRequest::parse(br#"{"bring_notes": true}"#)), "code");
        let joining = JoinRequest::parse(br#"{"code": "A", "bring_notes": false, "dry_run": true}"#).unwrap();
        assert_eq!(joining.terms, Terms { bring_notes: false, dry_run: true });
        assert_eq!(field(Role::read(br#"{"role": "admin"}"#)), "role");
    }
}
