//! A JSON object from outside, read field by field so that every complaint names its field.

use std::ops::RangeInclusive;

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::failure::Invalid;

/// An object in which every field has been expected.
pub struct Fields(Map<String, Value>);

impl Fields {
    /// Refuses what is no JSON object, and every field that is not among `known`.
    pub fn parse(body: &[u8], known: &[&str]) -> Result<Self, Invalid> {
        let value = serde_json::from_slice(body)
            .map_err(|error| Invalid::new("body", format!("is not JSON (line {})", error.line())))?;
        let Value::Object(map) = value else {
            return Err(Invalid::new("body", "must be a JSON object"));
        };
        match map.keys().find(|key| !known.contains(&key.as_str())) {
            Some(key) => {
                Err(Invalid::new(shown(key), format!("is not a field; known are {}", known.join(", "))))
            }
            None => Ok(Self(map)),
        }
    }

    pub fn text(&self, name: &str, length: RangeInclusive<usize>) -> Result<String, Invalid> {
        self.optional_text(name, length)?.ok_or_else(|| Invalid::new(name, "is missing"))
    }

    /// Text of so many characters, white space around it removed; JSON `null` counts as absent.
    pub fn optional_text(
        &self,
        name: &str,
        length: RangeInclusive<usize>,
    ) -> Result<Option<String>, Invalid> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => checked_text(name, text, &length).map(Some),
            Some(_) => Err(Invalid::new(name, "must be a string")),
        }
    }

    pub fn optional_integer(&self, name: &str, range: RangeInclusive<i64>) -> Result<Option<i64>, Invalid> {
        let Some(value) = self.0.get(name).filter(|value| !value.is_null()) else {
            return Ok(None);
        };
        match value.as_i64().filter(|number| range.contains(number)) {
            Some(number) => Ok(Some(number)),
            None => {
                let reason = format!("must be an integer from {} to {}", range.start(), range.end());
                Err(Invalid::new(name, reason))
            }
        }
    }

    pub fn boolean(&self, name: &str) -> Result<bool, Invalid> {
        self.optional_boolean(name)?.ok_or_else(|| Invalid::new(name, "is missing"))
    }

    pub fn optional_boolean(&self, name: &str) -> Result<Option<bool>, Invalid> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Bool(value)) => Ok(Some(*value)),
            Some(_) => Err(Invalid::new(name, "must be true or false")),
        }
    }

    pub fn instant(&self, name: &str) -> Result<Timestamp, Invalid> {
        instant(name, &self.text(name, 1..=64)?)
    }
}

fn checked_text(name: &str, text: &str, length: &RangeInclusive<usize>) -> Result<String, Invalid> {
    let text = text.trim();
    if text.contains('\0') {
        return Err(Invalid::new(name, "must not contain the character U+0000"));
    }
    if !length.contains(&text.chars().count()) {
        let reason = format!("must have {} to {} characters", length.start(), length.end());
        return Err(Invalid::new(name, reason));
    }
    Ok(text.to_owned())
}

/// A moment in RFC 3339, within years that a calendar can mean.
pub fn instant(name: &str, text: &str) -> Result<Timestamp, Invalid> {
    let parsed: Timestamp = text.parse().map_err(|_| {
        Invalid::new(name, "must be a date and time with an offset, such as 2026-11-20T09:00:00Z")
    })?;
    let year = parsed.to_zoned(jiff::tz::TimeZone::UTC).year();
    if !(1900..=2200).contains(&year) {
        return Err(Invalid::new(name, "must lie between the years 1900 and 2200"));
    }
    Ok(parsed)
}

/// A field name from outside, short enough to repeat in an answer.
fn shown(name: &str) -> String {
    name.chars().take(64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(json: &str) -> Fields {
        Fields::parse(json.as_bytes(), &["title", "limit", "at"]).unwrap()
    }

    fn complaint<T>(result: Result<T, Invalid>) -> (String, String) {
        let invalid = result.err().unwrap();
        (invalid.field, invalid.reason)
    }

    #[test]
    fn a_body_that_is_no_object_is_refused() {
        for body in ["", "{", "[]", "null", "\"text\"", "{\"a\":", "\u{feff}{}"] {
            assert_eq!(complaint(Fields::parse(body.as_bytes(), &[])).0, "body", "{body}");
        }
        assert_eq!(complaint(Fields::parse(b"\xff\xfe", &[])).0, "body");
    }

    #[test]
    fn an_unknown_field_is_named_and_shortened() {
        let body = format!("{{\"{}\": 1}}", "x".repeat(1000));
        assert_eq!(complaint(Fields::parse(body.as_bytes(), &["title"])).0.len(), 64);
    }

    #[test]
    fn text_is_trimmed_and_counted_in_characters() {
        assert_eq!(fields(r#"{"title":"  käse "}"#).text("title", 4..=4).unwrap(), "käse");
        assert_eq!(
            complaint(fields(r#"{"title":"   "}"#).text("title", 1..=4)).1,
            "must have 1 to 4 characters"
        );
        assert_eq!(complaint(fields(r#"{}"#).text("title", 1..=4)).1, "is missing");
        assert_eq!(complaint(fields(r#"{"title":7}"#).text("title", 1..=4)).1, "must be a string");
        assert!(complaint(fields(r#"{"title":"a\u0000b"}"#).text("title", 1..=4)).1.contains("U+0000"));
    }

    #[test]
    fn integers_are_whole_and_in_range() {
        assert_eq!(fields(r#"{"limit":5}"#).optional_integer("limit", 1..=20).unwrap(), Some(5));
        assert_eq!(fields(r#"{"limit":null}"#).optional_integer("limit", 1..=20).unwrap(), None);
        for bad in ["0", "21", "1.5", "\"5\"", "1e99", "true", "9223372036854775808"] {
            let body = format!("{{\"limit\":{bad}}}");
            assert_eq!(complaint(fields(&body).optional_integer("limit", 1..=20)).0, "limit", "{bad}");
        }
    }

    #[test]
    fn instants_need_an_offset_and_a_sensible_year() {
        assert!(fields(r#"{"at":"2026-11-20T09:00:00+01:00"}"#).instant("at").is_ok());
        for bad in ["2026-11-20T09:00:00", "tomorrow", "9999-01-01T00:00:00Z", "-000100-01-01T00:00:00Z"] {
            let body = format!("{{\"at\":\"{bad}\"}}");
            assert_eq!(complaint(fields(&body).instant("at")).0, "at", "{bad}");
        }
    }
}
