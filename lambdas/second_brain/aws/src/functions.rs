//! A function's next invocation, asked for by the function itself.

use std::time::Duration;

use bytes::Bytes;
use second_brain_domain::Failure;
use second_brain_outbound::encoded;

use crate::client::{AwsClient, Call, Service};

const LAMBDA: Service = Service { what: "Lambda", signing_name: "lambda", host: "lambda", id: "LAMBDA" };

/// Queues an event. Lambda has stored it when this returns, and retries it should it fail.
pub async fn invoke_later(aws: &AwsClient, function: &str, event: Vec<u8>) -> Result<(), Failure> {
    let function = encoded(function);
    let path = format!("/2015-03-31/functions/{function}/invocations");
    let call = Call {
        service: LAMBDA,
        path: &path,
        headers: &[("content-type", "application/json"), ("x-amz-invocation-type", "Event")],
        body: Bytes::from(event),
        within: Duration::from_secs(2),
    };
    aws.send(&call).await.map(drop)
}
