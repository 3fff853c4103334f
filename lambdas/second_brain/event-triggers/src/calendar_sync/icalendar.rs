//! An iCalendar feed (RFC 5545), as far as its events say when something happens and what.
//!
//! An event that repeats becomes one event for each time, within a window; a change of one time
//! (RECURRENCE-ID) takes that time's place. What cannot be understood of one event leaves out that
//! event only. Times without a zone are those of the calendar (X-WR-TIMEZONE), or UTC.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use second_brain_domain::calendar::Window;
use second_brain_domain::feed::FeedEvent;

use super::{FeedError, recurrence, zones};

const MOST_EVENTS: usize = 5000;
const LONGEST_TITLE: usize = 200;
const LONGEST_ID: usize = 1000;

/// One content line: `NAME;PARAMETER=VALUE:value`.
struct Property {
    name: String,
    parameters: Vec<(String, String)>,
    value: String,
}

type Properties = Vec<Property>;

/// A time as the calendar wrote it, with the zone that it meant.
#[derive(Clone)]
struct Moment {
    local: DateTime,
    zone: TimeZone,
    whole_day: bool,
}

impl Moment {
    fn at(&self) -> Option<Timestamp> {
        self.local.to_zoned(self.zone.clone()).ok().map(|zoned| zoned.timestamp())
    }
}

/// Every occurrence that touches the window, each under an id of its own.
pub fn events(text: &str, window: Window) -> Result<Vec<FeedEvent>, FeedError> {
    let lines = unfolded(text.trim_start_matches('\u{feff}'));
    if !lines.first().is_some_and(|line| line.trim_end().eq_ignore_ascii_case("BEGIN:VCALENDAR")) {
        return Err(FeedError::NoCalendar);
    }
    let (zone, components) = components(&lines);
    let mut found = BTreeMap::new();
    let (changed, ordinary): (Vec<_>, Vec<_>) =
        components.iter().partition(|properties| get(properties, "RECURRENCE-ID").is_some());
    for properties in ordinary.into_iter().chain(changed) {
        enter(&mut found, properties, &zone, window);
        if found.len() > MOST_EVENTS {
            return Err(FeedError::TooMany(MOST_EVENTS));
        }
    }
    let touches = |event: &FeedEvent| event.starts_at < window.to && event.ends_at > window.from;
    Ok(found.into_values().filter(touches).collect())
}

/// Adds what one VEVENT says; a cancelled one takes away what was there.
fn enter(found: &mut BTreeMap<String, FeedEvent>, properties: &Properties, zone: &TimeZone, window: Window) {
    let Some(event) = Event::read(properties, zone) else { return };
    let cancelled =
        get(properties, "STATUS").is_some_and(|status| status.value.eq_ignore_ascii_case("CANCELLED"));
    for starts_at in event.starts(properties, zone, window) {
        let occurrence = event.occurrence(properties, zone, starts_at);
        if cancelled {
            found.remove(&occurrence.external_id);
        } else {
            found.insert(occurrence.external_id.clone(), occurrence);
        }
    }
}

struct Event {
    uid: String,
    title: String,
    start: Moment,
    length: Span,
}

impl Event {
    fn read(properties: &Properties, zone: &TimeZone) -> Option<Self> {
        let start = moment(get(properties, "DTSTART")?, zone)?;
        let uid: String = clean(&get(properties, "UID")?.value).chars().take(LONGEST_ID - 32).collect();
        let title =
            get(properties, "SUMMARY").map(|summary| clean(&unescaped(&summary.value))).unwrap_or_default();
        let title = if title.is_empty() {
            "(untitled)".to_owned()
        } else {
            title.chars().take(LONGEST_TITLE).collect()
        };
        let length = length(properties, &start, zone);
        (!uid.is_empty()).then_some(Self { uid, title, start, length })
    }

    fn starts(&self, properties: &Properties, zone: &TimeZone, window: Window) -> Vec<Timestamp> {
        let first = self.start.at();
        let Some(rule) = get(properties, "RRULE") else { return first.into_iter().collect() };
        let left_out: BTreeSet<_> = moments(properties, "EXDATE", zone).collect();
        let repeated = recurrence::starts(&rule.value, self.start.local, &self.start.zone, window)
            .unwrap_or_else(|| first.into_iter().collect());
        let also = moments(properties, "RDATE", zone);
        repeated.into_iter().chain(also).filter(|at| !left_out.contains(at)).collect()
    }

    /// The id of an occurrence is the time that the rule gave it, also after it was moved.
    fn occurrence(&self, properties: &Properties, zone: &TimeZone, starts_at: Timestamp) -> FeedEvent {
        let moved_from = get(properties, "RECURRENCE-ID").and_then(|original| moment(original, zone)?.at());
        let repeats = moved_from.is_some() || get(properties, "RRULE").is_some();
        let external_id = match repeats {
            true => format!("{}/{}", self.uid, moved_from.unwrap_or(starts_at)),
            false => self.uid.clone(),
        };
        let ends_at = self.end_of(starts_at).filter(|ends_at| *ends_at > starts_at);
        let ends_at = ends_at
            .unwrap_or_else(|| starts_at.checked_add(Span::new().minutes(1)).unwrap_or(Timestamp::MAX));
        FeedEvent { external_id, title: self.title.clone(), starts_at, ends_at }
    }

    /// By the calendar, so that a whole day ends at midnight whatever the clocks do.
    fn end_of(&self, starts_at: Timestamp) -> Option<Timestamp> {
        let start = starts_at.to_zoned(self.start.zone.clone());
        start.checked_add(self.length).ok().map(|end| end.timestamp())
    }
}

/// From DTEND or DURATION; otherwise a day for a date, and nothing for a time.
fn length(properties: &Properties, start: &Moment, zone: &TimeZone) -> Span {
    let otherwise = if start.whole_day { Span::new().days(1) } else { Span::new() };
    if let Some(end) = get(properties, "DTEND").and_then(|end| moment(end, zone)) {
        if start.whole_day && end.whole_day {
            return end.local.date().since(start.local.date()).unwrap_or(otherwise);
        }
        let seconds = end.at().zip(start.at()).map(|(end, start)| end.as_second() - start.as_second());
        return seconds.and_then(|seconds| Span::new().try_seconds(seconds).ok()).unwrap_or(otherwise);
    }
    get(properties, "DURATION").and_then(|duration| duration.value.parse().ok()).unwrap_or(otherwise)
}

fn moments<'a>(
    properties: &'a Properties,
    name: &'a str,
    zone: &'a TimeZone,
) -> impl Iterator<Item = Timestamp> + 'a {
    properties.iter().filter(move |property| property.name == name).flat_map(move |property| {
        let each = property.value.split(',');
        each.filter_map(move |value| written(value, property.parameter("TZID"), zone)?.at())
    })
}

fn moment(property: &Property, zone: &TimeZone) -> Option<Moment> {
    written(&property.value, property.parameter("TZID"), zone)
}

fn written(value: &str, zone_name: Option<&str>, calendar_zone: &TimeZone) -> Option<Moment> {
    let value = value.trim();
    let (clock, utc) = value.strip_suffix(['Z', 'z']).map_or((value, false), |clock| (clock, true));
    let named = || zone_name.and_then(zones::named).unwrap_or_else(|| calendar_zone.clone());
    Some(Moment {
        local: clock.parse().ok()?,
        zone: if utc { TimeZone::UTC } else { named() },
        whole_day: !clock.contains(['T', 't']),
    })
}

/// The calendar's zone, and the properties of each VEVENT; what is nested in one (alarms) is left out.
fn components(lines: &[String]) -> (TimeZone, Vec<Properties>) {
    let (mut zone, mut events) = (TimeZone::UTC, Vec::new());
    let mut nesting: Vec<String> = Vec::new();
    for property in lines.iter().filter_map(|line| property(line)) {
        match (property.name.as_str(), nesting.last().map(String::as_str)) {
            ("BEGIN", _) => {
                nesting.push(property.value.to_ascii_uppercase());
                if nesting.last().is_some_and(|name| name == "VEVENT") {
                    events.push(Properties::new());
                }
            }
            ("END", _) => drop(nesting.pop()),
            ("X-WR-TIMEZONE", Some("VCALENDAR")) => zone = zones::named(&property.value).unwrap_or(zone),
            (_, Some("VEVENT")) => events.extend_last(property),
            _ => {}
        }
    }
    (zone, events)
}

trait ExtendLast {
    fn extend_last(&mut self, property: Property);
}

impl ExtendLast for Vec<Properties> {
    fn extend_last(&mut self, property: Property) {
        if let Some(last) = self.last_mut() {
            last.push(property);
        }
    }
}

fn get<'a>(properties: &'a Properties, name: &str) -> Option<&'a Property> {
    properties.iter().find(|property| property.name == name)
}

impl Property {
    fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// Long lines are folded: each continuation begins with a white-space character.
fn unfolded(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in text.split('\n') {
        let line = line.strip_suffix('\r').unwrap_or(line);
        match (line.strip_prefix([' ', '\t']), lines.last_mut()) {
            (Some(continued), Some(last)) => last.push_str(continued),
            _ => lines.push(line.to_owned()),
        }
    }
    lines
}

/// Colons and semicolons inside quotation marks belong to a parameter's value.
fn property(line: &str) -> Option<Property> {
    let mut quoted = false;
    let outside = |character: char, quoted: &mut bool, wanted: char| {
        *quoted ^= character == '"';
        character == wanted && !*quoted
    };
    let (colon, _) = line.char_indices().find(|(_, character)| outside(*character, &mut quoted, ':'))?;
    let mut quoted = false;
    let mut head = line[..colon].split(|character| outside(character, &mut quoted, ';'));
    let name = head.next()?.to_ascii_uppercase();
    let parameters = head.filter_map(|part| part.split_once('='));
    let parameters =
        parameters.map(|(key, value)| (key.to_ascii_uppercase(), value.trim_matches('"').to_owned()));
    Some(Property { name, parameters: parameters.collect(), value: line[colon + 1..].to_owned() })
}

fn unescaped(text: &str) -> String {
    text.replace("\\n", " ").replace("\\N", " ").replace("\\,", ",").replace("\\;", ";").replace("\\\\", "\\")
}

fn clean(text: &str) -> String {
    text.chars().filter(|character| !character.is_control()).collect::<String>().trim().to_owned()
}

#[cfg(test)]
#[path = "icalendar_tests.rs"]
mod tests;
