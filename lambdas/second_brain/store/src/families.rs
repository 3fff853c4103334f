//! Who belongs to a family. Each statement calls a function of the schema in the session of the caller's
//! family; where that is no longer their family, the function answers no row.

use jiff::Timestamp;
use second_brain_domain::family::{
    Family, Invitation, KeepFamilies, Member, Move, NewInvitation, Role, Terms,
};
use second_brain_domain::{Caller, Failure, FamilyId, UserId};
use tokio_postgres::Row;
use tokio_postgres::types::Type;
use uuid::Uuid;

use crate::connection::{Database, Parameters};

const MEMBERS: &str = "
    select family, family_name, id, name, email, role, joined_at, notes from family_members($1)";
const FOUND: &str = "select outcome from found_family($1, $2)";
const INVITE: &str = "select outcome, id, expires_at from invite($1, $2, $3, $4, $5, $6)";
const INVITATIONS: &str = "
    select id, created_by, role, email, uses_left, created_at, expires_at from open_invitations($1)";
const WITHDRAW: &str = "select outcome from withdraw_invitation($1, $2)";
const COUNT_TRY: &str = "select admitted from count_code_try($1)";
const JOIN: &str = "
    select outcome, family, family_name, role, moving, staying, links_ending
    from join_family($1, $2, $3, $4, $5)";
const LEAVE: &str = "
    select outcome, family, null as family_name, null as role, moving, staying, links_ending
    from leave_family($1, $2, $3)";
const REMOVE: &str = "
    select outcome, null::uuid as family, null as family_name, null as role, moving, 0::bigint as staying,
        links_ending
    from remove_member($1, $2, $3)";
const CHANGE_ROLE: &str = "select outcome from change_role($1, $2, $3)";

const MOVED: Failure = Failure::Conflict("you were moved to another family meanwhile; try again");

impl KeepFamilies for Database {
    async fn family(&self, caller: &Caller) -> Result<Family, Failure> {
        let rows = self.of(caller.family).read(MEMBERS, &[(&caller.user.0, Type::UUID)]).await?;
        let first = rows.first().ok_or(MOVED)?;
        Ok(Family {
            id: FamilyId(first.get("family")),
            name: first.get("family_name"),
            members: rows.iter().map(|row| member(row, caller)).collect(),
        })
    }

    async fn found(&self, caller: &Caller, name: &str) -> Result<(), Failure> {
        let parameters: &Parameters<'_> = &[(&caller.user.0, Type::UUID), (&name, Type::TEXT)];
        self.membership(caller, FOUND, parameters).await.map(drop)
    }

    async fn invite(
        &self,
        caller: &Caller,
        new: &NewInvitation,
        code_hash: &[u8],
    ) -> Result<(Uuid, Timestamp), Failure> {
        let parameters: &Parameters<'_> = &[
            (&caller.user.0, Type::UUID),
            (&code_hash, Type::BYTEA),
            (&new.role.as_str(), Type::TEXT),
            (&new.email, Type::TEXT),
            (&new.uses, Type::INT2),
            (&new.days, Type::INT2),
        ];
        let row = self.membership(caller, INVITE, parameters).await?;
        Ok((row.get("id"), row.get("expires_at")))
    }

    async fn invitations(&self, caller: &Caller) -> Result<Vec<Invitation>, Failure> {
        let rows = self.of(caller.family).read(INVITATIONS, &[(&caller.user.0, Type::UUID)]).await?;
        Ok(rows.iter().map(invitation).collect())
    }

    async fn withdraw(&self, caller: &Caller, invitation: Uuid) -> Result<(), Failure> {
        let parameters: &Parameters<'_> = &[(&caller.user.0, Type::UUID), (&invitation, Type::UUID)];
        match self.membership(caller, WITHDRAW, parameters).await {
            Err(Failure::NotFound(_)) => Err(Failure::NotFound("invitation")),
            other => other.map(drop),
        }
    }

    async fn join(
        &self,
        caller: &Caller,
        code_hash: &[u8],
        verified_email: Option<&str>,
        terms: Terms,
    ) -> Result<Move, Failure> {
        self.count_try(caller).await?;
        let parameters: &Parameters<'_> = &[
            (&caller.user.0, Type::UUID),
            (&code_hash, Type::BYTEA),
            (&verified_email, Type::TEXT),
            (&terms.bring_notes, Type::BOOL),
            (&terms.dry_run, Type::BOOL),
        ];
        match self.membership(caller, JOIN, parameters).await {
            Err(Failure::NotFound(_)) => Err(Failure::NotFound("invitation, or no longer")),
            other => other.map(|row| moved(&row)),
        }
    }

    async fn leave(&self, caller: &Caller, terms: Terms) -> Result<Move, Failure> {
        let parameters: &Parameters<'_> =
            &[(&caller.user.0, Type::UUID), (&terms.bring_notes, Type::BOOL), (&terms.dry_run, Type::BOOL)];
        self.membership(caller, LEAVE, parameters).await.map(|row| moved(&row))
    }

    async fn remove(&self, caller: &Caller, member: UserId, dry_run: bool) -> Result<Move, Failure> {
        let parameters: &Parameters<'_> =
            &[(&caller.user.0, Type::UUID), (&member.0, Type::UUID), (&dry_run, Type::BOOL)];
        self.membership(caller, REMOVE, parameters).await.map(|row| moved(&row))
    }

    async fn change_role(&self, caller: &Caller, member: UserId, role: Role) -> Result<(), Failure> {
        let parameters: &Parameters<'_> =
            &[(&caller.user.0, Type::UUID), (&member.0, Type::UUID), (&role.as_str(), Type::TEXT)];
        self.membership(caller, CHANGE_ROLE, parameters).await.map(drop)
    }
}

impl Database {
    /// Counts a code before it is compared, in a transaction of its own: what fails afterwards counts too.
    pub(crate) async fn count_try(&self, caller: &Caller) -> Result<(), Failure> {
        let counted = self.of(caller.family).write(COUNT_TRY, &[(&caller.user.0, Type::UUID)]).await?;
        match counted.first().map(|row| row.get("admitted")) {
            Some(true) => Ok(()),
            Some(false) => Err(Failure::TooMany("typed ten codes within an hour; try again later")),
            None => Err(MOVED),
        }
    }

    /// The row of a function that says how it went.
    pub(crate) async fn membership(
        &self,
        caller: &Caller,
        sql: &str,
        parameters: &Parameters<'_>,
    ) -> Result<Row, Failure> {
        let rows = self.of(caller.family).write(sql, parameters).await?;
        let row = rows.into_iter().next().ok_or(MOVED)?;
        match refusal(row.get("outcome")) {
            Some(failure) => Err(failure),
            None => Ok(row),
        }
    }
}

fn refusal(outcome: &str) -> Option<Failure> {
    Some(match outcome {
        "forbidden" => Failure::Forbidden("your role in the family does not permit this"),
        "not_found" => Failure::NotFound("member of your family"),
        "too_many" => Failure::TooMany("twenty open invitations; withdraw one first"),
        "full" => Failure::Conflict("this family has as many members as one can have"),
        "self" => Failure::Conflict("this is yourself; to go, leave the family"),
        "in_family" => Failure::Conflict("this account is in a family with others; leave that first"),
        "has_accounts" => Failure::Conflict("other accounts are linked to this one; unlink them first"),
        "kept" => Failure::Conflict("this is the account that the others are linked to; unlink those"),
        "last_owner" => Failure::Conflict(
            "you are the last owner of a family with other members; make one of them an owner first, or \
             remove them",
        ),
        _ => return None,
    })
}

fn member(row: &Row, caller: &Caller) -> Member {
    let id = UserId(row.get("id"));
    Member {
        id,
        name: row.get("name"),
        email: row.get("email"),
        role: row.get("role"),
        joined_at: row.get("joined_at"),
        notes: row.get("notes"),
        you: id == caller.user,
    }
}

fn invitation(row: &Row) -> Invitation {
    Invitation {
        id: row.get("id"),
        created_by: row.get::<_, Option<_>>("created_by").map(UserId),
        role: row.get("role"),
        email: row.get("email"),
        uses_left: row.get("uses_left"),
        created_at: row.get("created_at"),
        expires_at: row.get("expires_at"),
    }
}

fn moved(row: &Row) -> Move {
    Move {
        state: row.get("outcome"),
        family_id: row.get::<_, Option<_>>("family").map(FamilyId),
        family_name: row.get("family_name"),
        role: row.get("role"),
        notes_moving: row.get("moving"),
        notes_staying: row.get("staying"),
        links_ending: row.get("links_ending"),
    }
}
