//! When a person's day begins and when their briefing is due, daylight saving included.
//!
//! The dispatcher runs every hour, at any minute of it. A briefing is due in the hour that begins at
//! `effective`: the person's briefing hour on their own calendar day. Where the clocks jump over that
//! hour it is the first moment after the jump; where the hour comes twice it is the first of the two.
//! So each local day that has such a moment has exactly one due hour, 3,600 seconds long, which
//! hourly runs hit exactly once: in zones with half-hour offsets, and whatever the clocks do.

use jiff::civil::Date;
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Timestamp, ToSpan};

use crate::calendar::Window;

const DUE_FOR: SignedDuration = SignedDuration::from_hours(1);

/// The day whose briefing is due at `now` for someone in `zone`, if one is.
pub fn due_day(now: Timestamp, zone: &TimeZone, briefing_hour: i8) -> Option<Date> {
    // A change of the clocks at midnight can move the due hour into the next local day, or the one before.
    let today = now.to_zoned(zone.clone()).date();
    [Some(today), today.yesterday().ok(), today.tomorrow().ok()].into_iter().flatten().find(|day| {
        effective(*day, zone, briefing_hour).is_some_and(|from| {
            let late = now.duration_since(from);
            !late.is_negative() && late < DUE_FOR
        })
    })
}

/// The moment a day's briefing becomes due; none on a day that the zone skipped altogether.
fn effective(day: Date, zone: &TimeZone, briefing_hour: i8) -> Option<Timestamp> {
    let moment = zone.to_ambiguous_zoned(day.at(briefing_hour, 0, 0, 0)).compatible().ok()?;
    let skipped_day = moment.date() > day && in_gap(day, zone);
    (!skipped_day).then(|| moment.timestamp())
}

fn in_gap(day: Date, zone: &TimeZone) -> bool {
    let last_second = zone.to_ambiguous_zoned(day.at(23, 59, 59, 0));
    matches!(last_second.offset(), AmbiguousOffset::Gap { .. })
}

/// A local day, from its first moment to the first of the next.
pub fn day_window(day: Date, zone: &TimeZone) -> Option<Window> {
    let start = |day: Date| day.to_zoned(zone.clone()).ok().map(|start| start.timestamp());
    Some(Window { from: start(day)?, to: start(day.checked_add(1.day()).ok()?)? })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    fn zone(name: &str) -> TimeZone {
        TimeZone::get(name).unwrap()
    }

    fn due(now: &str, name: &str, hour: i8) -> Option<String> {
        due_day(now.parse().unwrap(), &zone(name), hour).map(|day| day.to_string())
    }

    #[test]
    fn the_briefing_is_due_in_its_local_hour_only() {
        assert_eq!(due("2026-11-20T06:00:00Z", "Europe/Berlin", 7).as_deref(), Some("2026-11-20"));
        assert_eq!(due("2026-11-20T06:59:59Z", "Europe/Berlin", 7).as_deref(), Some("2026-11-20"));
        assert_eq!(due("2026-11-20T05:59:59Z", "Europe/Berlin", 7), None);
        assert_eq!(due("2026-11-20T07:00:00Z", "Europe/Berlin", 7), None);
        assert_eq!(due("2026-11-20T01:30:00Z", "Asia/Kolkata", 7).as_deref(), Some("2026-11-20"));
        assert_eq!(due("2026-11-19T18:00:00Z", "Pacific/Auckland", 7).as_deref(), Some("2026-11-20"));
    }

    #[test]
    fn an_hour_that_the_clocks_skip_is_due_right_after_the_jump() {
        assert_eq!(due("2026-03-29T00:30:00Z", "Europe/Berlin", 2), None);
        assert_eq!(due("2026-03-29T01:00:00Z", "Europe/Berlin", 2).as_deref(), Some("2026-03-29"));
        assert_eq!(due("2026-03-29T02:00:00Z", "Europe/Berlin", 2), None);
    }

    #[test]
    fn an_hour_that_comes_twice_is_due_the_first_time() {
        assert_eq!(due("2026-10-25T00:15:00Z", "Europe/Berlin", 2).as_deref(), Some("2026-10-25"));
        assert_eq!(due("2026-10-25T01:15:00Z", "Europe/Berlin", 2), None);
    }

    #[test]
    fn a_midnight_that_is_skipped_belongs_to_its_day() {
        // Chile springs forward at midnight: 24:00 on the 5th becomes 01:00 on the 6th.
        assert_eq!(due("2026-09-06T04:10:00Z", "America/Santiago", 0).as_deref(), Some("2026-09-06"));
    }

    #[test]
    fn a_day_that_begins_twice_has_its_hour_the_first_time() {
        // St. John's used to fall back at 00:01: a minute into the 4th it was 23:01 on the 3rd again.
        assert_eq!(due("2007-11-04T02:30:00Z", "America/St_Johns", 0).as_deref(), Some("2007-11-04"));
        assert_eq!(due("2007-11-04T03:15:00Z", "America/St_Johns", 0).as_deref(), Some("2007-11-04"));
        assert_eq!(due("2007-11-04T03:45:00Z", "America/St_Johns", 0), None);
    }

    #[test]
    fn a_day_that_a_zone_left_out_has_no_briefing() {
        let hours = (0..96).map(|hour| {
            let now = "2011-12-29T00:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_hours(hour);
            due_day(now, &zone("Pacific/Apia"), 7)
        });
        let days: Vec<Date> = hours.flatten().collect();
        assert!(!days.contains(&date(2011, 12, 30)));
        assert!(days.contains(&date(2011, 12, 29)) && days.contains(&date(2011, 12, 31)));
    }

    #[test]
    fn a_day_with_a_change_of_the_clocks_has_23_or_25_hours() {
        let hours = |day| {
            let window = day_window(day, &zone("Europe/Berlin")).unwrap();
            window.to.duration_since(window.from).as_hours()
        };
        assert_eq!(
            [hours(date(2026, 3, 29)), hours(date(2026, 10, 25)), hours(date(2026, 7, 1))],
            [23, 25, 24]
        );
    }

    const ZONES: &[&str] = &[
        "UTC",
        "Europe/Berlin",
        "America/New_York",
        "America/Santiago",
        "America/St_Johns",
        "Asia/Kolkata",
        "Asia/Kathmandu",
        "Asia/Tehran",
        "Africa/Casablanca",
        "Africa/Cairo",
        "Australia/Lord_Howe",
        "Australia/Adelaide",
        "Pacific/Auckland",
        "Pacific/Chatham",
        "Pacific/Kiritimati",
        "America/Havana",
        "Asia/Beirut",
        "America/Asuncion",
        "Antarctica/Troll",
    ];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]

        /// Hourly runs, whatever their minute, find each local day due exactly once.
        #[test]
        fn each_local_day_is_due_exactly_once(
            zone_name in proptest::sample::select(ZONES),
            start in 946_684_800_i64..2_208_988_800,
            hour in 0_i8..24,
        ) {
            let zone = zone(zone_name);
            let first = Timestamp::from_second(start).unwrap();
            let mut seen = BTreeMap::new();
            for run in 0..24 * 12 {
                let now = first + SignedDuration::from_hours(run);
                if let Some(day) = due_day(now, &zone, hour) {
                    *seen.entry(day).or_insert(0) += 1;
                }
            }
            let first_day = first.to_zoned(zone.clone()).date();
            for offset in 2..10 {
                let day = first_day.checked_add(offset.days()).unwrap();
                prop_assert_eq!(seen.get(&day), Some(&1), "{} on {}", zone_name, day);
            }
        }

        /// When a briefing is due, the local clock shows its hour unless the clocks jumped over it.
        #[test]
        fn due_means_the_local_hour(
            zone_name in proptest::sample::select(ZONES),
            second in 946_684_800_i64..2_208_988_800,
            hour in 0_i8..24,
        ) {
            let zone = zone(zone_name);
            let now = Timestamp::from_second(second).unwrap();
            if let Some(day) = due_day(now, &zone, hour) {
                let local = now.to_zoned(zone.clone());
                let changed = day_window(day, &zone)
                    .is_none_or(|window| window.to.duration_since(window.from).as_secs() != 86_400);
                prop_assert!(local.hour() == hour || changed, "{} at {}", zone_name, local);
            }
        }

        /// A day's windows follow one another without a gap; only a day that a zone left out has none.
        #[test]
        fn days_touch(zone_name in proptest::sample::select(ZONES), offset in 0_i32..20_000) {
            let zone = zone(zone_name);
            let day = date(1990, 1, 1).checked_add(offset.days()).unwrap();
            let (today, next) = (day_window(day, &zone).unwrap(), day_window(day.tomorrow().unwrap(), &zone).unwrap());
            prop_assert_eq!(today.to, next.from);
            prop_assert_eq!(today.from == today.to, in_gap(day, &zone));
            prop_assert!(today.from <= today.to);
        }
    }
}
