//! Appointments: when they begin and end, and the window somebody looks at.

use jiff::{Span, Timestamp};
use serde::Serialize;
use uuid::Uuid;

use crate::failure::Invalid;
use crate::fields::{self, Fields};

const LONGEST_WINDOW_DAYS: i64 = 366;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvent {
    pub title: String,
    pub starts_at: Timestamp,
    pub ends_at: Timestamp,
}

impl NewEvent {
    pub fn parse(body: &[u8]) -> Result<Self, Invalid> {
        let fields = Fields::parse(body, &["title", "starts_at", "ends_at"])?;
        let title = fields.text("title", 1..=200)?;
        let (starts_at, ends_at) = (fields.instant("starts_at")?, fields.instant("ends_at")?);
        if ends_at <= starts_at {
            return Err(Invalid::new("ends_at", "must be later than starts_at"));
        }
        Ok(Self { title, starts_at, ends_at })
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Event {
    pub id: Uuid,
    pub title: String,
    pub starts_at: Timestamp,
    pub ends_at: Timestamp,
    /// Copied from an external calendar, which alone can change it.
    pub external: bool,
}

/// A half-open stretch of time, `[from, to)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    pub from: Timestamp,
    pub to: Timestamp,
}

impl Window {
    pub fn parse(from: Option<&str>, to: Option<&str>) -> Result<Self, Invalid> {
        let window = Self { from: required("from", from)?, to: required("to", to)? };
        if window.to <= window.from {
            return Err(Invalid::new("to", "must be later than from"));
        }
        if window.to.duration_since(window.from).as_hours() > LONGEST_WINDOW_DAYS * 24 {
            let reason = format!("must be at most {LONGEST_WINDOW_DAYS} days after from");
            return Err(Invalid::new("to", reason));
        }
        Ok(window)
    }

    /// From some days before a moment until some days after it.
    pub fn around(now: Timestamp, days_before: i64, days_after: i64) -> Self {
        let hours = |days: i64| Span::new().hours(days * 24);
        Self {
            from: now.checked_sub(hours(days_before)).unwrap_or(Timestamp::MIN),
            to: now.checked_add(hours(days_after)).unwrap_or(Timestamp::MAX),
        }
    }
}

fn required(name: &str, value: Option<&str>) -> Result<Timestamp, Invalid> {
    // A plus sign in a query string means a space; the offset +01:00 arrives as " 01:00".
    let text = value.ok_or_else(|| Invalid::new(name, "is missing"))?.replace(' ', "+");
    fields::instant(name, &text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(body: &str) -> String {
        NewEvent::parse(body.as_bytes()).unwrap_err().field
    }

    #[test]
    fn an_event_ends_after_it_begins() {
        let same =
            r#"{"title":"t","starts_at":"2026-11-20T09:00:00Z","ends_at":"2026-11-20T10:00:00+01:00"}"#;
        assert_eq!(refused(same), "ends_at");
        assert_eq!(
            refused(r#"{"title":"t","starts_at":"9 o'clock","ends_at":"2026-11-20T09:00:00Z"}"#),
            "starts_at"
        );
    }

    #[test]
    fn a_window_is_bounded_and_takes_a_plus_that_became_a_space() {
        let window = Window::parse(Some("2026-11-20T09:00:00 01:00"), Some("2026-11-20T09:00:00Z")).unwrap();
        assert_eq!(window.to.duration_since(window.from).as_hours(), 1);
        let day = Some("2026-11-20T00:00:00Z");
        assert_eq!(Window::parse(None, day).unwrap_err().field, "from");
        assert_eq!(Window::parse(day, day).unwrap_err().field, "to");
        assert_eq!(Window::parse(day, Some("2028-11-20T00:00:00Z")).unwrap_err().field, "to");
    }
}
