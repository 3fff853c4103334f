//! Everything that can go wrong, in the words of whoever asked.

use std::error::Error;

/// One thing the caller sent is wrong, named so that they can mend it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {reason}")]
pub struct Invalid {
    pub field: String,
    pub reason: String,
}

impl Invalid {
    pub fn new(field: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { field: field.into(), reason: reason.into() }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error(transparent)]
    Invalid(#[from] Invalid),
    #[error("the body is larger than {limit} bytes")]
    TooLarge { limit: usize },
    #[error("not signed in: {0}")]
    Unauthenticated(&'static str),
    #[error("there is no such {0}")]
    NotFound(&'static str),
    #[error("this event overlaps another one of yours")]
    Overlap,
    #[error("{0}")]
    Forbidden(&'static str),
    #[error("{0}")]
    Conflict(&'static str),
    #[error("you have {0}")]
    TooMany(&'static str),
    #[error("{what} did not answer in time")]
    TooSlow { what: &'static str },
    #[error("{what} is serving as many requests as it can; try again in a few seconds")]
    Busy { what: &'static str },
    #[error("{what} is not available")]
    Unavailable { what: &'static str, source: Box<dyn Error + Send + Sync> },
}

impl Failure {
    pub fn unavailable(what: &'static str, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Unavailable { what, source: source.into() }
    }

    /// The message with everything that caused it: for logs, never for the caller.
    pub fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut cause = self.source();
        while let Some(error) = cause {
            text.push_str(": ");
            text.push_str(&error.to_string());
            cause = error.source();
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_names_every_cause_and_the_message_names_none() {
        let failure = Failure::unavailable("the database", Invalid::new("host", "refused"));
        assert_eq!(failure.to_string(), "the database is not available");
        assert_eq!(failure.chain(), "the database is not available: host: refused");
    }
}
