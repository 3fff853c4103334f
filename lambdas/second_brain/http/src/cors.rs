//! Which web origins may read an answer. Bearer tokens make "any origin" a bad idea.

use second_brain_runtime::settings::optional;

#[derive(Debug, Clone, Default)]
pub struct Cors(Vec<String>);

impl Cors {
    /// `CORS_ORIGINS`: comma-separated, such as `https://app.example.com`.
    pub fn from_environment() -> Self {
        Self::parse(&optional("CORS_ORIGINS").unwrap_or_default())
    }

    pub fn parse(origins: &str) -> Self {
        let origins = origins.split(',').map(|origin| origin.trim().trim_end_matches('/').to_owned());
        Self(origins.filter(|origin| !origin.is_empty()).collect())
    }

    /// The origin to allow, if it is one of ours; origins are compared whole.
    pub fn allowed(&self, origin: Option<&str>) -> Option<String> {
        self.0.iter().find(|known| Some(known.as_str()) == origin).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_known_origin_is_allowed() {
        let cors = Cors::parse("https://app.example.com/, http://localhost:3000");
        assert!(cors.allowed(Some("https://app.example.com")).is_some());
        for origin in [None, Some("null"), Some("https://app.example.com.evil.example"), Some("*")] {
            assert_eq!(cors.allowed(origin), None);
        }
    }
}
