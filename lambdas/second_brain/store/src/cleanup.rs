//! What nobody needs any more.

use jiff::Timestamp;
use second_brain_domain::{Failure, FamilyId};
use tokio_postgres::types::Type;

use crate::connection::Database;

const CLEAN_UP: &str = "
    with sent as (
        delete from reminders where sent_at < $1::timestamptz - interval '90 days' returning 1
    ), told as (
        delete from briefings where day < ($1::timestamptz at time zone 'UTC')::date - 90 returning 1
    ), expired as (
        delete from link_states where expires_at <= $1 returning 1
    ), attempted as (
        delete from link_attempts where expires_at <= $1 returning 1
    )
    select (select count(*) from sent) + (select count(*) from told) + (select count(*) from expired)
        + (select count(*) from attempted)";

/// A family takes everything with it: people, notes, events, reminders, briefings, linked accounts.
const FORGET: &str = "
    delete from families where id = $1 and created_at > $2::timestamptz - interval '1 hour' returning id";

impl Database {
    /// Sent reminders and briefings of 90 days ago and older, and what no link can use.
    pub async fn clean_up(&self, now: Timestamp) -> Result<i64, Failure> {
        let rows = self.read(CLEAN_UP, &[(&now, Type::TIMESTAMPTZ)]).await?;
        Ok(rows.first().map_or(0, |row| row.get(0)))
    }
    /// How many families went: one, or none where there is no family of that id as young as that. This is
    /// how smoke tests leave nothing behind; whoever has lived here for an hour cannot be lost to it.
    pub async fn forget_family(&self, family: FamilyId, now: Timestamp) -> Result<usize, Failure> {
        let rows = self.write(FORGET, &[(&family.0, Type::UUID), (&now, Type::TIMESTAMPTZ)]).await?;
        Ok(rows.len())
    }
}
