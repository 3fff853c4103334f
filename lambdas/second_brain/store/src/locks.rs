//! One run at a time for each scheduled job, across every Lambda environment.
//!
//! An advisory lock belongs to the connection: it is gone when the job ends, and also when its
//! environment dies with the lock held.

use second_brain_domain::Failure;
use tokio_postgres::types::Type;

use crate::connection::Database;
use crate::outside_families::{LOCK, UNLOCK};

/// A job's lock key; the numbers only have to differ from each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i64)]
pub enum Job {
    BriefingDispatcher = 7_300_001,
    ReminderEvaluator = 7_300_002,
    CalendarSync = 7_300_003,
    DailyCleanup = 7_300_004,
}

impl Database {
    /// Runs the work unless another environment is at it, which is no failure: `None`.
    pub async fn alone<T>(
        &self,
        job: Job,
        work: impl AsyncFnOnce() -> Result<T, Failure>,
    ) -> Result<Option<T>, Failure> {
        let key = job as i64;
        let rows = self.read_outside(&LOCK, &[(&key, Type::INT8)]).await?;
        if !rows.first().is_some_and(|row| row.get(0)) {
            tracing::info!(?job, "another run holds the lock");
            return Ok(None);
        }
        let outcome = work().await;
        self.write_outside(&UNLOCK, &[(&key, Type::INT8)]).await?;
        outcome.map(Some)
    }
}
