//! The agent swarm on Bedrock AgentCore.

use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use second_brain_domain::Failure;
use second_brain_domain::ports::{AgentReply, AgentRequest, AskAgent};
use second_brain_outbound::encoded;
use second_brain_runtime::settings::optional;

use crate::client::{AwsClient, Call, Service};

const AGENT: Service = Service {
    what: "the agent",
    signing_name: "bedrock-agentcore",
    host: "bedrock-agentcore",
    id: "BEDROCK_AGENTCORE",
};

/// One runtime, named by its ARN in `AGENTCORE_ENDPOINT`; none where that is empty.
pub struct Agent {
    aws: Rc<AwsClient>,
    path: Option<String>,
}

impl Agent {
    pub fn from_environment(aws: Rc<AwsClient>) -> Self {
        let path = optional("AGENTCORE_ENDPOINT").map(|arn| {
            let arn = encoded(&arn);
            format!("/runtimes/{arn}/invocations?qualifier=DEFAULT")
        });
        Self { aws, path }
    }
}

impl AskAgent for Agent {
    async fn ask(&self, request: &AgentRequest, within: Duration) -> Result<AgentReply, Failure> {
        let Some(path) = &self.path else {
            return Err(Failure::unavailable(AGENT.what, "AGENTCORE_ENDPOINT names no runtime"));
        };
        let body = serde_json::to_vec(request).map_err(|error| Failure::unavailable(AGENT.what, error))?;
        let session = session_of(request);
        let call = Call {
            service: AGENT,
            path,
            headers: &[
                ("content-type", "application/json"),
                ("accept", "application/json"),
                ("x-amzn-bedrock-agentcore-runtime-session-id", &session),
            ],
            body: Bytes::from(body),
            within,
        };
        let reply = self.aws.send(&call).await?;
        let reply: AgentReply = serde_json::from_slice(&reply)
            .map_err(|_| Failure::unavailable(AGENT.what, "no answer in its reply"))?;
        if reply.answer.trim().is_empty() {
            return Err(Failure::unavailable(AGENT.what, "an empty answer"));
        }
        Ok(reply)
    }
}

/// A person keeps one session, so that the agent remembers the conversation; 33 characters or more.
fn session_of(request: &AgentRequest) -> String {
    format!("second-brain-{}", request.user_id.0)
}
