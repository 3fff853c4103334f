//! Settings from the environment, read once at the start.

use std::env;
use std::fmt;

#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("the environment variable {0} is not set; see lambdas/second_brain/README.md")]
pub struct MissingSetting(pub &'static str);

/// What ends a program is printed in its debug form; people read it all the same.
impl fmt::Debug for MissingSetting {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

pub fn required(name: &'static str) -> Result<String, MissingSetting> {
    optional(name).ok_or(MissingSetting(name))
}

/// An empty variable counts as none: CloudFormation cannot leave one out on a condition.
pub fn optional(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}
