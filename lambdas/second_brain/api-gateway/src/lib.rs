//! The functions behind the REST API. Each is a `Handle`: its routes, and what it does with them.
//!
//! A REST integration ends after 29 seconds, so an agent gets 20 at most and less when the search
//! before it was slow; then a poorer answer goes out in its place.

pub mod accounts;
pub mod briefing;
pub mod calendar;
pub mod families;
pub mod ingest;
pub mod links;
pub mod query;
pub mod voice_notes;

use std::time::Duration;

use second_brain_http::Arrival;

const AGENT_BOUND: Duration = Duration::from_secs(20);
const ANSWER_BOUND: Duration = Duration::from_secs(26);

/// What is left for the agent of the time that the request may take.
fn agent_bound(arrival: Arrival) -> Duration {
    AGENT_BOUND.min(time_left(arrival))
}

/// What is left of the time that the request may take.
fn time_left(arrival: Arrival) -> Duration {
    ANSWER_BOUND.saturating_sub(arrival.measured.elapsed())
}
