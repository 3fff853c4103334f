//! How much time an invocation has left.

use std::time::{Duration, SystemTime};

use lambda_runtime::Context;

/// The time until the runtime ends this invocation, less a margin to answer in.
pub fn time_left(context: &Context, margin: Duration) -> Duration {
    let deadline = SystemTime::UNIX_EPOCH + Duration::from_millis(context.deadline);
    deadline.duration_since(SystemTime::now()).unwrap_or_default().saturating_sub(margin)
}
