use event_triggers::reminder_evaluator::Evaluator;
use event_triggers::{Budget, Outcome};
use second_brain_aws::notifications::Notifications;
use second_brain_runtime::{Context, Error, run};
use second_brain_wiring::Parts;
use serde_json::{Value, json};

fn main() -> Result<(), Error> {
    run(async || {
        let Parts { aws, database, .. } = Parts::from_environment().await?;
        let evaluator = Evaluator { database, people: Notifications::from_environment(aws)? };
        Ok(async move |_: Value, context: Context| -> Outcome {
            let sent = evaluator.run(jiff::Timestamp::now(), &Budget::of(context)).await?;
            Ok(json!({"sent": sent}))
        })
    })
}
