//! What the schedule cleans up, and what a smoke test cleans up after itself.
//!
//! `{"forget_family": id}` is for whoever may invoke the function directly; the schedule's events have
//! no such field.

use jiff::Timestamp;
use second_brain_domain::{Failure, FamilyId, Invalid};
use second_brain_store::{Database, Job};
use serde_json::{Value, json};

use crate::Outcome;

pub async fn run(database: &Database, event: &Value, now: Timestamp) -> Outcome {
    if let Some(named) = event.get("forget_family") {
        let forgotten = database.forget_family(family(named)?, now).await?;
        return Ok(json!({"forgotten": forgotten}));
    }
    let clean = async || database.clean_up(now).await;
    let deleted = database.alone(Job::DailyCleanup, clean).await?.unwrap_or(0);
    Ok(json!({"deleted": deleted}))
}

fn family(named: &Value) -> Result<FamilyId, Failure> {
    let id = named.as_str().and_then(FamilyId::parse);
    id.ok_or_else(|| Invalid::new("forget_family", "must be the UUID of a family").into())
}
