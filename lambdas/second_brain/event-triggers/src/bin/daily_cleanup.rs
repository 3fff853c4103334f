use event_triggers::Outcome;
use second_brain_runtime::{Context, Error, run};
use second_brain_store::Job;
use second_brain_wiring::Parts;
use serde_json::{Value, json};

fn main() -> Result<(), Error> {
    run(async || {
        let Parts { database, .. } = Parts::from_environment().await?;
        Ok(async move |_: Value, _: Context| -> Outcome {
            let clean = async || database.clean_up(jiff::Timestamp::now()).await;
            let deleted = database.alone(Job::DailyCleanup, clean).await?.unwrap_or(0);
            Ok(json!({"deleted": deleted}))
        })
    })
}
