//! Responses, and what each failure looks like from outside.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use second_brain_domain::Failure;
use second_brain_runtime::name;
use serde::Serialize;
use serde_json::{Value, json};

pub const MP3: &str = "audio/mpeg";

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ApiResponse {
    pub status_code: u16,
    pub headers: BTreeMap<&'static str, String>,
    pub body: String,
    /// API Gateway decodes it for clients whose first accepted type is one of the API's binary types.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_base64_encoded: bool,
}

impl ApiResponse {
    pub fn json(status_code: u16, body: &impl Serialize) -> Self {
        match serde_json::to_string(body) {
            Ok(body) => Self::with(status_code, "application/json", body),
            Err(_) => Self::with(500, "application/json", "{}".to_owned()),
        }
    }

    /// A page for people; whoever makes it escapes what is in it.
    pub fn html(status_code: u16, page: String) -> Self {
        Self::with(status_code, "text/html; charset=utf-8", page)
    }

    pub fn audio(recording: &[u8]) -> Self {
        let encoded = Self::with(200, MP3, STANDARD.encode(recording));
        Self { is_base64_encoded: true, ..encoded }
    }

    pub fn no_content() -> Self {
        Self::with(204, "text/plain", String::new())
    }

    /// Answered with GET whatever the method of the request was.
    pub fn see_other(location: String) -> Self {
        let mut response = Self::with(303, "text/plain", String::new());
        response.headers.insert("location", location);
        response
    }

    fn with(status_code: u16, content_type: &str, body: String) -> Self {
        let headers = BTreeMap::from([
            ("cache-control", "no-store".to_owned()),
            ("content-type", content_type.to_owned()),
            ("x-content-type-options", "nosniff".to_owned()),
        ]);
        Self { status_code, headers, body, is_base64_encoded: false }
    }

    /// `{"error": {"code", "message", "field"?}, "request_id"}`; causes are for the log.
    pub fn of_failure(failure: &Failure, request_id: &str) -> Self {
        let mut error = json!({"code": name(failure), "message": failure.to_string()});
        if let Failure::Invalid(invalid) = failure {
            error["field"] = Value::from(invalid.field.clone());
        }
        let mut response = Self::json(status(failure), &json!({"error": error, "request_id": request_id}));
        if response.status_code == 503 {
            response.headers.insert("retry-after", "5".to_owned());
        }
        response
    }
}

const fn status(failure: &Failure) -> u16 {
    match failure {
        Failure::Invalid(_) => 400,
        Failure::Unauthenticated(_) => 401,
        Failure::Forbidden(_) => 403,
        Failure::NotFound(_) => 404,
        Failure::Overlap | Failure::Conflict(_) => 409,
        Failure::TooLarge { .. } => 413,
        Failure::TooMany(_) => 429,
        Failure::TooSlow { .. } => 504,
        Failure::Busy { .. } | Failure::Unavailable { .. } => 503,
    }
}

#[cfg(test)]
mod tests {
    use second_brain_domain::Invalid;

    use super::*;

    #[test]
    fn the_field_is_named_and_the_cause_is_not() {
        let response = ApiResponse::of_failure(&Invalid::new("title", "is missing").into(), "r-1");
        let expected = json!({"error": {"code": "invalid", "message": "title: is missing", "field": "title"},
            "request_id": "r-1"});
        assert_eq!((response.status_code, response.body), (400, expected.to_string()));
        let hidden = ApiResponse::of_failure(&Failure::unavailable("the database", "password wrong"), "");
        assert_eq!(hidden.status_code, 503);
        assert!(!hidden.body.contains("password"));
        let busy = ApiResponse::of_failure(&Failure::Busy { what: "the database" }, "");
        assert_eq!((busy.status_code, busy.headers["retry-after"].as_str()), (503, "5"));
        assert!(busy.body.contains(r#""code":"busy""#), "{}", busy.body);
    }
}
