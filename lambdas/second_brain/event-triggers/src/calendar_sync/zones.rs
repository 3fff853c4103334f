//! Time zones as calendars name them.

use jiff::tz::TimeZone;

/// What Outlook and Exchange call the zones that most of their calendars are in.
const WINDOWS: &[(&str, &str)] = &[
    ("AUS Eastern Standard Time", "Australia/Sydney"),
    ("Central Europe Standard Time", "Europe/Budapest"),
    ("Central European Standard Time", "Europe/Warsaw"),
    ("Central Standard Time", "America/Chicago"),
    ("China Standard Time", "Asia/Shanghai"),
    ("E. South America Standard Time", "America/Sao_Paulo"),
    ("Eastern Standard Time", "America/New_York"),
    ("FLE Standard Time", "Europe/Kyiv"),
    ("GMT Standard Time", "Europe/London"),
    ("India Standard Time", "Asia/Kolkata"),
    ("Mountain Standard Time", "America/Denver"),
    ("New Zealand Standard Time", "Pacific/Auckland"),
    ("Pacific Standard Time", "America/Los_Angeles"),
    ("Romance Standard Time", "Europe/Paris"),
    ("Singapore Standard Time", "Asia/Singapore"),
    ("Tokyo Standard Time", "Asia/Tokyo"),
    ("W. Europe Standard Time", "Europe/Berlin"),
];

/// The zone of that name: IANA's, one with a vendor's prefix (`/vendor/Europe/Berlin`), or Windows'.
pub fn named(name: &str) -> Option<TimeZone> {
    let name = name.trim().trim_matches('"');
    let windows = WINDOWS.iter().find(|(windows, _)| *windows == name).map(|(_, iana)| *iana);
    let suffix = name.rsplitn(3, '/').take(2).collect::<Vec<_>>();
    let prefixed = (suffix.len() == 2).then(|| format!("{}/{}", suffix[1], suffix[0]));
    [Some(name), windows, prefixed.as_deref()].into_iter().flatten().find_map(|name| TimeZone::get(name).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_go_by_many_names() {
        for name in
            ["Europe/Berlin", "\"Europe/Berlin\"", "W. Europe Standard Time", "/x.org/1/Europe/Berlin"]
        {
            assert_eq!(named(name).unwrap().iana_name(), Some("Europe/Berlin"), "{name}");
        }
        assert!(named("Customized Time Zone").is_none());
        assert!(WINDOWS.iter().all(|(_, iana)| TimeZone::get(iana).is_ok()));
    }
}
