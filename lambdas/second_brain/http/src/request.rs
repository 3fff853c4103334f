//! The event that API Gateway's REST proxy integration sends.

use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use second_brain_domain::{Failure, Invalid};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

/// What one request may carry.
pub const BODY_LIMIT: usize = 256 << 10;

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ApiRequest {
    #[serde(deserialize_with = "or_default")]
    pub http_method: String,
    /// The route's own spelling, such as `/entities/{entity_id}`.
    #[serde(deserialize_with = "or_default")]
    pub resource: String,
    #[serde(deserialize_with = "or_default")]
    headers: HashMap<String, String>,
    #[serde(deserialize_with = "or_default")]
    query_string_parameters: HashMap<String, String>,
    #[serde(deserialize_with = "or_default")]
    path_parameters: HashMap<String, String>,
    #[serde(deserialize_with = "or_default")]
    body: String,
    #[serde(deserialize_with = "or_default")]
    is_base64_encoded: bool,
    #[serde(deserialize_with = "or_default")]
    pub request_context: RequestContext,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct RequestContext {
    #[serde(deserialize_with = "or_default")]
    pub request_id: String,
    #[serde(deserialize_with = "or_default")]
    pub domain_name: String,
    #[serde(deserialize_with = "or_default")]
    pub stage: String,
    #[serde(deserialize_with = "or_default")]
    authorizer: Authorizer,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Authorizer {
    #[serde(deserialize_with = "or_default")]
    claims: Map<String, Value>,
}

/// API Gateway writes `null` for what is absent; anything unreadable counts as absent too.
fn or_default<'de, D: Deserializer<'de>, T: Default + for<'a> Deserialize<'a>>(
    input: D,
) -> Result<T, D::Error> {
    let value = Value::deserialize(input)?;
    Ok(serde_json::from_value(value).unwrap_or_default())
}

impl ApiRequest {
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// Whether the first type that the client accepts is this one: by that one API Gateway decides, too,
    /// whether it decodes a binary answer.
    pub fn prefers(&self, content_type: &str) -> bool {
        let first = self.header("accept").unwrap_or_default().split([',', ';']).next().unwrap_or_default();
        first.trim().eq_ignore_ascii_case(content_type)
    }

    pub fn cookie(&self, name: &str) -> Option<&str> {
        let mut pairs = self.header("cookie")?.split(';').filter_map(|pair| pair.trim().split_once('='));
        pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
    }

    /// A field of an HTML form, as it was sent: fields that hold base64url need no decoding.
    pub fn form(&self, name: &str) -> Result<Option<String>, Failure> {
        let body = String::from_utf8(self.body()?).map_err(|_| Invalid::new("body", "is not UTF-8"))?;
        let mut pairs = body.split('&').filter_map(|pair| pair.split_once('='));
        Ok(pairs.find(|(key, _)| *key == name).map(|(_, value)| value.to_owned()))
    }

    pub fn query(&self, name: &str) -> Option<&str> {
        self.query_string_parameters.get(name).map(String::as_str)
    }

    pub fn path(&self, name: &str) -> &str {
        self.path_parameters.get(name).map(String::as_str).unwrap_or_default()
    }

    /// The body's own bytes, as the client sent them.
    pub fn body(&self) -> Result<Vec<u8>, Failure> {
        // Base64 writes three bytes as four characters; what is too large is not decoded first.
        let at_least = if self.is_base64_encoded { self.body.len() / 4 * 3 } else { self.body.len() };
        if at_least > BODY_LIMIT + 3 {
            return Err(Failure::TooLarge { limit: BODY_LIMIT });
        }
        let body = self.decoded()?;
        if body.len() > BODY_LIMIT { Err(Failure::TooLarge { limit: BODY_LIMIT }) } else { Ok(body) }
    }

    fn decoded(&self) -> Result<Vec<u8>, Failure> {
        if !self.is_base64_encoded {
            return Ok(self.body.as_bytes().to_vec());
        }
        Ok(STANDARD.decode(&self.body).map_err(|_| Invalid::new("body", "is not base64"))?)
    }

    pub(crate) fn raw_claims(&self) -> &Map<String, Value> {
        &self.request_context.authorizer.claims
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn request(event: Value) -> ApiRequest {
        serde_json::from_value(event).unwrap()
    }

    #[test]
    fn any_json_is_a_request() {
        let nulls = json!({"httpMethod": null, "headers": null, "body": null, "requestContext": {"authorizer": null}});
        assert_eq!(request(nulls).http_method, "");
        let odd = json!({"headers": [1], "body": {"a": 1}, "requestContext": 7, "isBase64Encoded": "yes"});
        assert!(request(odd).body().unwrap().is_empty());
    }

    #[test]
    fn headers_have_no_case() {
        assert_eq!(request(json!({"headers": {"X-Signature": "s"}})).header("x-signature"), Some("s"));
    }

    #[test]
    fn the_first_accepted_type_is_preferred() {
        let accepting = |accepted: &str| request(json!({"headers": {"Accept": accepted}}));
        assert!(accepting("audio/MPEG;q=1, application/json").prefers("audio/mpeg"));
        assert!(!accepting("application/json, audio/mpeg").prefers("audio/mpeg"));
        assert!(!accepting("*/*").prefers("audio/mpeg"));
        assert!(!request(json!({})).prefers("audio/mpeg"));
    }

    #[test]
    fn cookies_and_form_fields_are_found_by_their_whole_name() {
        let both =
            request(json!({"headers": {"Cookie": "a=1; __Host-link=x=y; b"}, "body": "ticket=t&a=&c"}));
        assert_eq!(
            (both.cookie("__Host-link"), both.cookie("link"), both.cookie("b")),
            (Some("x=y"), None, None)
        );
        assert_eq!(both.form("ticket").unwrap().as_deref(), Some("t"));
        assert_eq!(both.form("a").unwrap().as_deref(), Some(""));
        assert_eq!(both.form("tick").unwrap(), None);
    }

    #[test]
    fn a_body_is_decoded_and_bounded() {
        assert_eq!(request(json!({"body": "aGk=", "isBase64Encoded": true})).body().unwrap(), b"hi");
        let malformed = request(json!({"body": "a=b=c", "isBase64Encoded": true})).body().unwrap_err();
        assert!(matches!(malformed, Failure::Invalid(_)));
        let at_limit = request(json!({"body": "x".repeat(BODY_LIMIT)}));
        assert_eq!(at_limit.body().unwrap().len(), BODY_LIMIT);
        for (length, base64) in [(BODY_LIMIT + 1, false), (BODY_LIMIT * 2, true)] {
            let large = request(json!({"body": "A".repeat(length / 4 * 4 + 4), "isBase64Encoded": base64}));
            assert!(matches!(large.body(), Err(Failure::TooLarge { .. })));
        }
    }
}
