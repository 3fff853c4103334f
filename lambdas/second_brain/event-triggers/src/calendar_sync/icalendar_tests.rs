use proptest::prelude::*;

use super::*;

fn window() -> Window {
    Window { from: "2026-10-01T00:00:00Z".parse().unwrap(), to: "2026-12-01T00:00:00Z".parse().unwrap() }
}

fn feed(events: &str) -> Vec<FeedEvent> {
    let text = format!("BEGIN:VCALENDAR\r\nX-WR-TIMEZONE:Europe/Berlin\r\n{events}END:VCALENDAR\r\n");
    super::events(&text.replace('\n', "\r\n").replace("\r\r", "\r"), window()).unwrap()
}

fn event(lines: &str) -> String {
    format!("BEGIN:VEVENT\nUID:u1\n{lines}\nEND:VEVENT\n")
}

fn starts(events: &[FeedEvent]) -> Vec<String> {
    events.iter().map(|event| event.starts_at.to_string()).collect()
}

#[test]
fn a_plain_event_is_read() {
    let lines = "SUMMARY:Tea\\, with\n  cake\nDTSTART:20261120T090000Z\nDTEND:20261120T100000Z";
    let found = feed(&event(lines));
    assert_eq!(found[0].title, "Tea, with cake");
    assert_eq!((found[0].external_id.as_str(), starts(&found)[0].as_str()), ("u1", "2026-11-20T09:00:00Z"));
    assert_eq!(found[0].ends_at.to_string(), "2026-11-20T10:00:00Z");
}

#[test]
fn zones_durations_and_whole_days() {
    let zoned = feed(&event("DTSTART;TZID=America/New_York:20261120T090000\nDURATION:PT90M"));
    assert_eq!(starts(&zoned), ["2026-11-20T14:00:00Z"]);
    assert_eq!(zoned[0].ends_at.to_string(), "2026-11-20T15:30:00Z");
    assert_eq!(zoned[0].title, "(untitled)");
    let floating = feed(&event("DTSTART:20261120T090000"));
    assert_eq!(
        (starts(&floating)[0].as_str(), floating[0].ends_at.to_string().as_str()),
        ("2026-11-20T08:00:00Z", "2026-11-20T08:01:00Z")
    );
    let day = feed(&event("DTSTART;VALUE=DATE:20261025"));
    assert_eq!(
        (starts(&day)[0].as_str(), day[0].ends_at.to_string().as_str()),
        ("2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z")
    );
}

#[test]
fn a_weekly_event_keeps_its_local_time_across_the_change_of_clocks() {
    let rule = "DTSTART;TZID=Europe/Berlin:20261019T090000\nDTEND;TZID=Europe/Berlin:20261019T100000\n\
        RRULE:FREQ=WEEKLY;UNTIL=20261103\nEXDATE;TZID=Europe/Berlin:20261102T090000";
    let found = feed(&event(rule));
    assert_eq!(starts(&found), ["2026-10-19T07:00:00Z", "2026-10-26T08:00:00Z"]);
    assert_eq!(found[1].external_id, "u1/2026-10-26T08:00:00Z");
}

#[test]
fn one_time_can_be_moved_and_another_cancelled() {
    let rule = event("DTSTART:20261102T090000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=3");
    let moved =
        event("RECURRENCE-ID:20261103T090000Z\nDTSTART:20261103T150000Z\nDURATION:PT1H\nSUMMARY:Later");
    let cancelled = event("RECURRENCE-ID:20261104T090000Z\nDTSTART:20261104T090000Z\nSTATUS:CANCELLED");
    let found = feed(&format!("{moved}{rule}{cancelled}"));
    assert_eq!(starts(&found), ["2026-11-02T09:00:00Z", "2026-11-03T15:00:00Z"]);
    assert_eq!(found[1].external_id, "u1/2026-11-03T09:00:00Z");
}

#[test]
fn what_lies_outside_the_window_or_cannot_be_read_is_left_out() {
    assert!(feed(&event("DTSTART:20250101T000000Z")).is_empty());
    assert!(feed(&event("DTSTART:someday")).is_empty());
    assert!(feed("BEGIN:VEVENT\nDTSTART:20261120T090000Z\nEND:VEVENT\n").is_empty());
    let alarm = "DTSTART:20261120T090000Z\nBEGIN:VALARM\nDTSTART:20261121T090000Z\nEND:VALARM";
    assert_eq!(starts(&feed(&event(alarm))), ["2026-11-20T09:00:00Z"]);
}

#[test]
fn a_page_of_html_is_no_calendar_and_a_flood_is_refused() {
    assert!(matches!(super::events("<html></html>", window()), Err(FeedError::NoCalendar)));
    let many: String = (0..=MOST_EVENTS)
        .map(|number| format!("BEGIN:VEVENT\nUID:{number}\nDTSTART:20261120T090000Z\nEND:VEVENT\n"))
        .collect();
    let text = format!("BEGIN:VCALENDAR\n{many}END:VCALENDAR");
    assert!(matches!(super::events(&text, window()), Err(FeedError::TooMany(_))));
}

#[test]
fn a_rule_beyond_ascii_is_no_rule() {
    for rule in ["FREQ=DAILY;BYDAY=\u{e9}A", "FREQ=DAILY;BYDAY=\u{80} ", "FREQ=\u{fc}"] {
        let text = event(&format!("DTSTART:20261001T000000Z\nRRULE:{rule}"));
        let read = super::events(&format!("BEGIN:VCALENDAR\n{text}END:VCALENDAR"), window());
        assert!(!matches!(read, Ok(events) if events.len() > 1), "{rule}");
    }
}

proptest! {
    /// Whatever a server sends, reading it ends, with events that the database can take.
    #[test]
    fn no_feed_breaks_the_reader(lines in proptest::collection::vec("[ -~\u{80}-\u{ff}]{0,60}", 0..30),
        rule in "(FREQ=(DAILY|HOURLY|SECONDLY|YEARLY|X))?(;(COUNT|INTERVAL|UNTIL|BYDAY|BYHOUR)=[0-9A-Z,+-]{0,6}){0,3}") {
        let noise = lines.join("\n");
        let text = format!("BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:a\nDTSTART:20261001T000000Z\nRRULE:{rule}\n{noise}\n\
            END:VEVENT\nEND:VCALENDAR");
        if let Ok(events) = super::events(&text, window()) {
            for event in events {
                prop_assert!(event.ends_at > event.starts_at);
                prop_assert!((1..=LONGEST_ID).contains(&event.external_id.chars().count()));
            }
        }
    }
}
