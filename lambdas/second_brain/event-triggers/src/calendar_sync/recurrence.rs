//! The moments of an event that repeats (RFC 5545's RRULE), within a window.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use rrule::{RRuleSet, Tz};
use second_brain_domain::calendar::Window;

const MOST_OCCURRENCES: u16 = 1000;

/// When the event begins, each time; none when the rule cannot be understood.
pub fn starts(rule: &str, first: DateTime, zone: &TimeZone, window: Window) -> Option<Vec<Timestamp>> {
    // RFC 5545 defines rules in ASCII, and the parser's slices would end within a longer character.
    if !rule.is_ascii() {
        return None;
    }
    let zone_name = zone.iana_name().unwrap_or("UTC");
    let rule = with_utc_until(rule, zone)?;
    let text = format!("DTSTART;TZID={zone_name}:{}\nRRULE:{rule}", first.strftime("%Y%m%dT%H%M%S"));
    let set: RRuleSet = text.parse().ok()?;
    let moment = |at: Timestamp| rrule_moment(at.as_second());
    let set = set.after(moment(window.from)?).before(moment(window.to)?);
    let dates = set.all(MOST_OCCURRENCES).dates;
    Some(dates.iter().filter_map(|date| Timestamp::from_second(date.timestamp()).ok()).collect())
}

fn rrule_moment(second: i64) -> Option<chrono::DateTime<Tz>> {
    chrono::DateTime::from_timestamp(second, 0).map(|utc| utc.with_timezone(&Tz::UTC))
}

/// Calendars write UNTIL as a date or by the local clock; the rule's parser wants it in UTC.
fn with_utc_until(rule: &str, zone: &TimeZone) -> Option<String> {
    let parts = rule.split(';').filter(|part| !part.is_empty()).map(|part| match part.split_once('=') {
        Some((name, until)) if name.eq_ignore_ascii_case("UNTIL") && !until.ends_with('Z') => {
            let local = match until.parse::<DateTime>() {
                Ok(at) if until.contains('T') => at,
                Ok(at) => at.date().at(23, 59, 59, 0),
                Err(_) => return None,
            };
            let utc = local.to_zoned(zone.clone()).ok()?.with_time_zone(TimeZone::UTC);
            Some(format!("UNTIL={}", utc.strftime("%Y%m%dT%H%M%SZ")))
        }
        _ => Some(part.to_owned()),
    });
    parts.collect::<Option<Vec<_>>>().map(|parts| parts.join(";"))
}
