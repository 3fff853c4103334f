//! One signed request to one AWS service.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use bytes::Bytes;
use http::{Method, Request};
use second_brain_domain::Failure;
use second_brain_outbound::{Bounds, Outbound, OutboundError, Reply};
use second_brain_runtime::MissingSetting;
use second_brain_runtime::settings::{optional, required};
use serde::Deserialize;

const LARGEST_REPLY: usize = 4 << 20;

/// A service by the three names it goes by.
#[derive(Debug, Clone, Copy)]
pub struct Service {
    /// In messages to people.
    pub what: &'static str,
    /// In the signature.
    pub signing_name: &'static str,
    /// Before `<region>.amazonaws.com`.
    pub host: &'static str,
    /// In `AWS_ENDPOINT_URL_<id>`.
    pub id: &'static str,
}

/// What is asked of the service; the path is percent-encoded already.
pub struct Call<'a> {
    pub service: Service,
    pub path: &'a str,
    pub headers: &'a [(&'a str, &'a str)],
    pub body: Bytes,
    pub within: Duration,
}

#[derive(Debug, thiserror::Error)]
enum CallError {
    #[error("the request could not be signed")]
    Signing(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("status {status} {code}")]
    Status { status: http::StatusCode, code: String },
    #[error(transparent)]
    Outbound(#[from] OutboundError),
}

pub struct AwsClient {
    outbound: Outbound,
    credentials: Credentials,
    region: String,
}

impl AwsClient {
    /// With the credentials that the Lambda environment was started with.
    pub fn from_environment(outbound: Outbound) -> Result<Self, MissingSetting> {
        let credentials = Credentials::new(
            required("AWS_ACCESS_KEY_ID")?,
            required("AWS_SECRET_ACCESS_KEY")?,
            optional("AWS_SESSION_TOKEN"),
            None,
            "environment",
        );
        Ok(Self { outbound, credentials, region: required("AWS_REGION")? })
    }

    pub fn region(&self) -> &str {
        &self.region
    }

    pub(crate) fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    /// Sends once; anything but success is a failure that names the service.
    pub async fn send(&self, call: &Call<'_>) -> Result<Bytes, Failure> {
        self.attempt(call).await.map_err(|error| failure(call.service.what, error))
    }

    /// Sends again after throttling, a fault of the service or a broken connection. For calls that
    /// change nothing.
    pub async fn send_until_it_works(&self, call: &Call<'_>) -> Result<Bytes, Failure> {
        match self.attempt(call).await {
            Err(error) if is_passing(&error) => self.send(call).await,
            other => other.map_err(|error| failure(call.service.what, error)),
        }
    }

    /// Like `send_until_it_works`, for what need not be there: `None` when the service answers with this
    /// error.
    pub async fn send_for(&self, call: &Call<'_>, absent: &str) -> Result<Option<Bytes>, Failure> {
        let answer = match self.attempt(call).await {
            Err(error) if is_passing(&error) => self.attempt(call).await,
            other => other,
        };
        match answer {
            Err(CallError::Status { code, .. }) if code == absent => Ok(None),
            other => other.map(Some).map_err(|error| failure(call.service.what, error)),
        }
    }

    async fn attempt(&self, call: &Call<'_>) -> Result<Bytes, CallError> {
        let request = self.signed(call).map_err(CallError::Signing)?;
        let bounds = Bounds { within: call.within, bytes: LARGEST_REPLY };
        let Reply { status, body, .. } = self.outbound.send(request, bounds).await?;
        if status.is_success() { Ok(body) } else { Err(CallError::Status { status, code: code(&body) }) }
    }

    fn signed(&self, call: &Call<'_>) -> Result<Request<Bytes>, Box<dyn std::error::Error + Send + Sync>> {
        let uri = format!("{}{}", endpoint(call.service, &self.region), call.path);
        let mut request = Request::builder().method(Method::POST).uri(&uri);
        for (name, value) in call.headers {
            request = request.header(*name, *value);
        }
        let mut request = request.body(call.body.clone())?;
        let identity = self.credentials.clone().into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(call.service.signing_name)
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()?
            .into();
        let headers = call.headers.iter().copied();
        let signable = SignableRequest::new("POST", uri.as_str(), headers, SignableBody::Bytes(&call.body))?;
        let (instructions, _) = sign(signable, &parameters)?.into_parts();
        instructions.apply_to_request_http1x(&mut request);
        Ok(request)
    }
}

fn failure(what: &'static str, error: CallError) -> Failure {
    match error {
        CallError::Outbound(OutboundError::TooSlow(_)) => Failure::TooSlow { what },
        other => Failure::unavailable(what, other),
    }
}

#[derive(Deserialize)]
struct Refusal {
    #[serde(rename = "__type")]
    kind: String,
}

/// The error's name in the JSON protocol, which may come with a namespace: `prefix#Name`.
fn code(body: &[u8]) -> String {
    let refusal = serde_json::from_slice(body);
    refusal.map_or_else(|_| String::new(), |Refusal { kind }| name(&kind).to_owned())
}

fn name(kind: &str) -> &str {
    let name = kind.rsplit('#').next().unwrap_or_default();
    if name.bytes().all(|byte| byte.is_ascii_alphanumeric()) { name } else { "" }
}

fn is_passing(error: &CallError) -> bool {
    match error {
        CallError::Status { status, .. } => status.is_server_error() || status.as_u16() == 429,
        CallError::Outbound(OutboundError::Request(_) | OutboundError::Body(_)) => true,
        CallError::Signing(_) | CallError::Outbound(_) => false,
    }
}

/// Where a service answers: `AWS_ENDPOINT_URL_<id>`, `AWS_ENDPOINT_URL`, or AWS itself.
pub fn endpoint(service: Service, region: &str) -> String {
    optional(&format!("AWS_ENDPOINT_URL_{}", service.id))
        .or_else(|| optional("AWS_ENDPOINT_URL"))
        .map(|url| url.trim_end_matches('/').to_owned())
        .unwrap_or_else(|| format!("https://{}.{region}.amazonaws.com", service.host))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_an_error_is_found_with_and_without_its_namespace() {
        assert_eq!(code(br#"{"__type":"UserNotFoundException","message":"m"}"#), "UserNotFoundException");
        assert_eq!(code(br#"{"__type":"com.amazon#UserNotFoundException"}"#), "UserNotFoundException");
        for unreadable in [
            &b""[..],
            b"[]",
            b"{}",
            br#"{"__type":7}"#,
            b"<Error/>",
            br#"{"__type":"a
b"}"#,
        ] {
            assert_eq!(code(unreadable), "");
        }
    }
}
