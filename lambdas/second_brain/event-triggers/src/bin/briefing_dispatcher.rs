use event_triggers::briefing_dispatcher::Dispatcher;
use event_triggers::{Budget, Outcome};
use second_brain_aws::{agent::Agent, notifications::Notifications};
use second_brain_runtime::{Context, Error, run};
use second_brain_wiring::Parts;
use serde_json::{Value, json};

fn main() -> Result<(), Error> {
    run(async || {
        let Parts { aws, database, .. } = Parts::from_environment().await?;
        let people = Notifications::from_environment(aws.clone())?;
        let dispatcher = Dispatcher { database, agent: Agent::from_environment(aws), people };
        Ok(async move |_: Value, context: Context| -> Outcome {
            let dispatched = dispatcher.run(jiff::Timestamp::now(), &Budget::of(context)).await?;
            Ok(json!({"dispatched": dispatched}))
        })
    })
}
