//! What nobody needs any more.

use jiff::Timestamp;
use second_brain_domain::{Failure, FamilyId};
use tokio_postgres::types::Type;

use crate::connection::Database;
use crate::outside_families::{CLEAN_UP, FORGET_FAMILY};

impl Database {
    /// Sent reminders and briefings of 90 days ago and older, and what no link can use.
    pub async fn clean_up(&self, now: Timestamp) -> Result<i64, Failure> {
        let rows = self.write_outside(&CLEAN_UP, &[(&now, Type::TIMESTAMPTZ)]).await?;
        Ok(rows.first().map_or(0, |row| row.get(0)))
    }

    /// How many families went: one, or none where there is no family of that id as young as that. This is
    /// how smoke tests leave nothing behind; whoever has lived here for an hour cannot be lost to it.
    pub async fn forget_family(&self, family: FamilyId, now: Timestamp) -> Result<usize, Failure> {
        let rows =
            self.write_outside(&FORGET_FAMILY, &[(&family.0, Type::UUID), (&now, Type::TIMESTAMPTZ)]).await?;
        Ok(rows.len())
    }
}
