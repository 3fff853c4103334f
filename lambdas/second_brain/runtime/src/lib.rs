//! How every function starts and serves: settings, logs, the loop of the Lambda runtime.

pub mod clock;
mod logging;
pub mod settings;

use std::fmt;

use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use second_brain_domain::Failure;
use serde::{Deserialize, Serialize};

pub use lambda_runtime::{Context, Error};
pub use settings::MissingSetting;

/// A failure that becomes the invocation's own: AWS counts it, retries it, and alarms on it.
#[derive(Debug)]
pub struct Fault {
    kind: &'static str,
    message: String,
}

impl Fault {
    pub fn new(kind: &'static str, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.kind, self.message)
    }
}

impl From<Failure> for Fault {
    fn from(failure: Failure) -> Self {
        tracing::error!(reason = failure.chain(), "the invocation failed");
        Self::new(name(&failure), failure.to_string())
    }
}

impl From<Fault> for Diagnostic {
    fn from(fault: Fault) -> Self {
        Self { error_type: fault.kind.to_owned(), error_message: fault.message }
    }
}

/// A stable word for each failure, in answers and in metrics.
pub const fn name(failure: &Failure) -> &'static str {
    match failure {
        Failure::Invalid(_) => "invalid",
        Failure::TooLarge { .. } => "too_large",
        Failure::Unauthenticated(_) => "unauthenticated",
        Failure::NotFound(_) => "not_found",
        Failure::Overlap => "overlap",
        Failure::Forbidden(_) => "forbidden",
        Failure::Conflict(_) => "conflict",
        Failure::TooMany(_) => "too_many",
        Failure::TooSlow { .. } => "too_slow",
        Failure::Busy { .. } => "busy",
        Failure::Unavailable { .. } => "unavailable",
    }
}

/// Starts logging, makes the function's parts, and serves events until the environment ends.
///
/// Whatever `prepare` cannot make ends the process before the first event, so that a missing setting
/// shows at deployment and not in somebody's request.
pub fn run<P, H, E, A>(prepare: P) -> Result<(), Error>
where
    P: AsyncFnOnce() -> Result<H, MissingSetting>,
    H: AsyncFn(E, Context) -> Result<A, Fault>,
    E: for<'de> Deserialize<'de>,
    A: Serialize,
{
    logging::start();
    let scheduler = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    scheduler.block_on(async {
        let handle = &prepare().await?;
        let service = service_fn(async |event: LambdaEvent<E>| handle(event.payload, event.context).await);
        lambda_runtime::run(service).await
    })
}
