//! The scheduled functions. Each holds an advisory lock while it works, and running one twice does
//! nothing twice: what was sent is marked in the transaction that sent it.

pub mod briefing_dispatcher;
pub mod calendar_sync;
pub mod daily_cleanup;
pub mod reminder_evaluator;

use std::time::Duration;

use second_brain_domain::Failure;
use second_brain_runtime::clock::time_left;
use second_brain_runtime::{Context, Fault};

/// Kept back for marking and unlocking what the last piece of work leaves.
const MARGIN: Duration = Duration::from_secs(10);

/// Whether another piece of work, which may take so long, still fits into the invocation.
pub struct Budget {
    context: Context,
}

impl Budget {
    pub fn of(context: Context) -> Self {
        Self { context }
    }

    pub fn allows(&self, work: Duration) -> bool {
        time_left(&self.context, MARGIN) > work
    }
}

/// Work that was left over fails the invocation, so that the schedule's retry takes it up.
fn all_done(left_over: usize, what: &'static str) -> Result<(), Failure> {
    if left_over == 0 {
        return Ok(());
    }
    Err(Failure::unavailable(what, format!("{left_over} left over; the next run takes them up")))
}

pub type Outcome = Result<serde_json::Value, Fault>;
