//! Reminders that are due, each sent once.

use jiff::Timestamp;
use second_brain_domain::reminder::Reminder;
use second_brain_domain::{Failure, FamilyId, UserId};
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use crate::connection::Database;
use crate::outside_families::DUE_REMINDERS;

const CLAIM: &str = "update reminders set sent_at = $2 where id = $1 and sent_at is null returning id";

impl Database {
    pub async fn due_reminders(&self, now: Timestamp) -> Result<Vec<Reminder>, Failure> {
        let rows = self.read_outside(&DUE_REMINDERS, &[(&now, Type::TIMESTAMPTZ)]).await?;
        Ok(rows.iter().map(reminder).collect())
    }

    /// Marks the reminder as sent for as long as `send` works; false when somebody else had sent it.
    pub async fn send_once(
        &self,
        reminder: &Reminder,
        now: Timestamp,
        send: impl AsyncFnOnce() -> Result<(), Failure>,
    ) -> Result<bool, Failure> {
        let session = self.of(reminder.family);
        session
            .transaction(async || {
                let claimed =
                    session.write(CLAIM, &[(&reminder.id, Type::UUID), (&now, Type::TIMESTAMPTZ)]).await?;
                if claimed.is_empty() {
                    return Ok(false);
                }
                send().await.map(|()| true)
            })
            .await
    }
}

pub(crate) fn reminder(row: &Row) -> Reminder {
    Reminder {
        id: row.get("id"),
        user: UserId(row.get("user_id")),
        family: FamilyId(row.get("family_id")),
        text: row.get("text"),
        due_at: row.get("due_at"),
    }
}
