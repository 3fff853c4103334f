//! The function's two kinds of events: requests from API Gateway, and commands that it queued itself.

use std::rc::Rc;

use jiff::Timestamp;
use second_brain_aws::{agent::Agent, embeddings::Embeddings, places::Places};
use second_brain_domain::Failure;
use second_brain_http::{ApiRequest, Cors, answer};
use second_brain_runtime::settings::required;
use second_brain_runtime::{Fault, MissingSetting};
use second_brain_wiring::Parts;
use serde_json::{Value, json};

use crate::commands::Commands;
use crate::discord::DiscordApi;
use crate::linking::Linking;
use crate::signature::Signatures;
use crate::webhook::{FollowUpEvent, Webhook};

pub struct DiscordFunction {
    webhook: Webhook,
    commands: Commands,
}

impl DiscordFunction {
    pub async fn from_environment() -> Result<Self, MissingSetting> {
        let Parts { outbound, aws, database } = Parts::from_environment().await?;
        let database = Rc::new(database);
        let linking = Rc::new(Linking::from_environment(aws.clone(), outbound.clone(), database.clone()));
        let commands = Commands {
            database,
            meanings: Embeddings::from_environment(aws.clone()),
            places: Places::from_environment(aws.clone()),
            agent: Agent::from_environment(aws.clone()),
            linking: linking.clone(),
            discord: DiscordApi::from_environment(outbound),
        };
        let webhook = Webhook {
            function: required("AWS_LAMBDA_FUNCTION_NAME")?,
            signatures: Signatures::new(aws.clone(), required("DISCORD_SECRET_ARN")?),
            linking,
            aws,
        };
        Ok(Self { webhook, commands })
    }

    pub async fn handle(&self, event: Value) -> Result<Value, Fault> {
        if event.get("follow_up").is_some() {
            let FollowUpEvent { follow_up } = serde_json::from_value(event)
                .map_err(|error| Failure::unavailable("the queued command", error))?;
            self.commands.follow_up(&follow_up, Timestamp::now()).await?;
            return Ok(json!({"followed_up": true}));
        }
        let request: ApiRequest = serde_json::from_value(event).unwrap_or_default();
        let response = answer(&self.webhook, &Cors::default(), &request).await;
        serde_json::to_value(response).map_err(|error| Failure::unavailable("the response", error).into())
    }
}
