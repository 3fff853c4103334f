//! The user pool: client secrets, and the token endpoint of its hosted domain.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::Request;
use second_brain_domain::link::PoolUser;
use second_brain_domain::{Failure, FamilyId};
use second_brain_outbound::{Bounds, Outbound, encoded};
use serde::Deserialize;
use serde_json::json;

use crate::client::{AwsClient, Call, Service};

pub(crate) const COGNITO: Service = Service {
    what: "the user pool",
    signing_name: "cognito-idp",
    host: "cognito-idp",
    id: "COGNITO_IDENTITY_PROVIDER",
};
const TOKEN_BOUNDS: Bounds = Bounds { within: Duration::from_secs(5), bytes: 64 << 10 };

#[derive(Deserialize)]
struct Described {
    #[serde(rename = "UserPoolClient")]
    client: Client,
}

#[derive(Deserialize)]
struct Client {
    #[serde(rename = "ClientSecret")]
    secret: String,
}

/// The secret of one client of the pool, asked for at run time so that no template carries it.
pub async fn client_secret(aws: &AwsClient, pool: &str, client: &str) -> Result<String, Failure> {
    let call = Call {
        service: COGNITO,
        path: "/",
        headers: &[
            ("content-type", "application/x-amz-json-1.1"),
            ("x-amz-target", "AWSCognitoIdentityProviderService.DescribeUserPoolClient"),
        ],
        body: Bytes::from(json!({"UserPoolId": pool, "ClientId": client}).to_string()),
        within: Duration::from_secs(4),
    };
    let reply = aws.send_until_it_works(&call).await?;
    let described: Described = serde_json::from_slice(&reply)
        .map_err(|_| Failure::unavailable(COGNITO.what, "the client has no secret"))?;
    Ok(described.client.secret)
}

#[derive(Deserialize)]
struct FoundUser {
    #[serde(rename = "Enabled")]
    enabled: bool,
    #[serde(rename = "UserAttributes")]
    attributes: Vec<Attribute>,
}

#[derive(Deserialize)]
struct Attribute {
    #[serde(rename = "Name")]
    name: String,
    #[serde(rename = "Value", default)]
    value: String,
}

/// What the pool says of a person now; `None` when it has nobody of that name.
pub async fn user(aws: &AwsClient, pool: &str, username: &str) -> Result<Option<PoolUser>, Failure> {
    let call = Call {
        service: COGNITO,
        path: "/",
        headers: &[
            ("content-type", "application/x-amz-json-1.1"),
            ("x-amz-target", "AWSCognitoIdentityProviderService.AdminGetUser"),
        ],
        body: Bytes::from(json!({"UserPoolId": pool, "Username": username}).to_string()),
        within: Duration::from_secs(3),
    };
    let Some(reply) = aws.send_for(&call, "UserNotFoundException").await? else { return Ok(None) };
    let found: FoundUser = serde_json::from_slice(&reply)
        .map_err(|_| Failure::unavailable(COGNITO.what, "the answer is no user"))?;
    Ok(Some(found.into()))
}

impl From<FoundUser> for PoolUser {
    fn from(found: FoundUser) -> Self {
        let value = |name: &str| {
            found.attributes.iter().find(|attribute| attribute.name == name).map(|found| found.value.as_str())
        };
        Self {
            enabled: found.enabled,
            subject: value("sub").unwrap_or_default().to_owned(),
            family: value("custom:family_id").and_then(FamilyId::parse),
        }
    }
}

/// An authorization code that came back from the hosted pages, with what proves that we began.
pub struct CodeExchange<'a> {
    /// `https://<prefix>.auth.<region>.amazoncognito.com`
    pub domain: &'a str,
    pub client: &'a str,
    pub client_secret: &'a str,
    pub redirect_uri: &'a str,
    pub code: &'a str,
    pub code_verifier: &'a str,
}

#[derive(Deserialize)]
struct Tokens {
    id_token: String,
}

/// The identity token for a code; `None` when the code is not, or no longer, good.
pub async fn exchange(outbound: &Outbound, exchange: &CodeExchange<'_>) -> Result<Option<String>, Failure> {
    let request = token_request(exchange).map_err(|error| Failure::unavailable(COGNITO.what, error))?;
    let reply = outbound
        .send(request, TOKEN_BOUNDS)
        .await
        .map_err(|error| Failure::unavailable(COGNITO.what, error))?;
    if reply.status.is_client_error() {
        return Ok(None);
    }
    let tokens: Tokens = serde_json::from_slice(&reply.body)
        .map_err(|_| Failure::unavailable(COGNITO.what, format!("no token with status {}", reply.status)))?;
    Ok(Some(tokens.id_token))
}

fn token_request(exchange: &CodeExchange<'_>) -> Result<Request<Bytes>, http::Error> {
    let fields = [
        ("grant_type", "authorization_code"),
        ("client_id", exchange.client),
        ("redirect_uri", exchange.redirect_uri),
        ("code", exchange.code),
        ("code_verifier", exchange.code_verifier),
    ];
    let pairs = fields.map(|(name, value)| format!("{name}={}", encoded(value)));
    let basic = STANDARD.encode(format!("{}:{}", exchange.client, exchange.client_secret));
    Request::post(format!("{}/oauth2/token", exchange.domain))
        .header("content-type", "application/x-www-form-urlencoded")
        .header("authorization", format!("Basic {basic}"))
        .body(Bytes::from(pairs.join("&")))
}
