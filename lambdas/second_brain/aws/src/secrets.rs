//! Secrets Manager.

use std::time::Duration;

use bytes::Bytes;
use second_brain_domain::Failure;
use serde::Deserialize;
use serde_json::json;

use crate::client::{AwsClient, Call, Service};

const SECRETS: Service = Service {
    what: "Secrets Manager",
    signing_name: "secretsmanager",
    host: "secretsmanager",
    id: "SECRETS_MANAGER",
};

#[derive(Deserialize)]
struct SecretValue {
    #[serde(rename = "SecretString")]
    secret_string: String,
}

/// The current value of a secret, which holds text.
pub async fn read(aws: &AwsClient, secret: &str) -> Result<String, Failure> {
    let call = Call {
        service: SECRETS,
        path: "/",
        headers: &[
            ("content-type", "application/x-amz-json-1.1"),
            ("x-amz-target", "secretsmanager.GetSecretValue"),
        ],
        body: Bytes::from(json!({"SecretId": secret}).to_string()),
        within: Duration::from_secs(5),
    };
    let reply = aws.send_until_it_works(&call).await?;
    // The parser's own words could quote the secret.
    let value: SecretValue = serde_json::from_slice(&reply)
        .map_err(|_| Failure::unavailable(SECRETS.what, "the answer holds no SecretString"))?;
    Ok(value.secret_string)
}

/// A secret that is a JSON object with these fields.
pub async fn read_json<T: for<'de> Deserialize<'de>>(aws: &AwsClient, secret: &str) -> Result<T, Failure> {
    let text = read(aws, secret).await?;
    serde_json::from_str(&text)
        .map_err(|_| Failure::unavailable(SECRETS.what, "the secret is not the JSON object that is expected"))
}
