//! Logs as JSON lines on the standard output, each with the request id of its invocation.
//!
//! What is logged are words of this program and causes of failures: never a body, a token or a secret.

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Follows `RUST_LOG`, such as `info` or `second_brain_store=debug`; `info` when that cannot be read.
pub fn start() {
    let wanted = std::env::var("RUST_LOG").unwrap_or_default();
    let filter: Targets = wanted.parse().unwrap_or_default();
    let filter = if wanted.is_empty() { filter.with_default(LevelFilter::INFO) } else { filter };
    let lines = fmt::layer().json().with_span_list(false).with_target(true).flatten_event(true);
    // A second start in one process (tests) keeps the first.
    let _ = tracing_subscriber::registry().with(filter).with(lines).try_init();
}
