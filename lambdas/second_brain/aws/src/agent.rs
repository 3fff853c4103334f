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

#[cfg(test)]
mod tests {
    use second_brain_domain::ports::Task;
    use second_brain_domain::{FamilyId, UserId};
    use serde_json::json;

    use super::*;

    #[test]
    fn a_session_is_long_enough_for_agentcore_and_the_same_for_one_person() {
        let request = AgentRequest {
            task: Task::Briefing,
            prompt: "Brief me.".to_owned(),
            family_id: FamilyId::parse("7c0c2f0a-9a37-4cf1-9c43-5e3c0a5ad0a1").unwrap(),
            user_id: UserId(FamilyId::parse("00000000-0000-4000-8000-000000000001").unwrap().0),
            time_zone: "UTC".to_owned(),
            context: json!({}),
        };
        assert!((33..=256).contains(&session_of(&request).len()));
        let sent = serde_json::to_value(&request).unwrap();
        assert_eq!((&sent["task"], &sent["user_id"]), (&json!("briefing"), &json!(request.user_id)));
    }
}
