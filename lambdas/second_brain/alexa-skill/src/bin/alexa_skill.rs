use std::time::Duration;

use alexa_skill_lib::account::Accounts;
use alexa_skill_lib::skill::Skill;
use alexa_skill_lib::speech::SkillRequest;
use second_brain_aws::{agent::Agent, embeddings::Embeddings, places::Places};
use second_brain_runtime::clock::time_left;
use second_brain_runtime::settings::required;
use second_brain_runtime::{Context, Error, run};
use second_brain_wiring::Parts;
use serde_json::Value;

/// Kept of the invocation's time for the way back.
const MARGIN: Duration = Duration::from_millis(500);

fn main() -> Result<(), Error> {
    run(async || {
        let id = required("ALEXA_SKILL_ID")?;
        let Parts { outbound, aws, database } = Parts::from_environment().await?;
        let skill = Skill {
            id,
            database,
            accounts: Accounts::from_environment(aws.clone(), outbound),
            meanings: Embeddings::from_environment(aws.clone()),
            places: Places::from_environment(aws.clone()),
            agent: Agent::from_environment(aws),
        };
        Ok(async move |event: Value, context: Context| {
            let request: SkillRequest = serde_json::from_value(event).unwrap_or_default();
            skill.handle(&request, time_left(&context, MARGIN)).await
        })
    })
}
