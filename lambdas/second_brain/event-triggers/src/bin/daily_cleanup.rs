use event_triggers::{Outcome, daily_cleanup};
use second_brain_runtime::{Context, Error, run};
use second_brain_wiring::Parts;
use serde_json::Value;

fn main() -> Result<(), Error> {
    run(async || {
        let Parts { database, .. } = Parts::from_environment().await?;
        Ok(async move |event: Value, _: Context| -> Outcome {
            daily_cleanup::run(&database, &event, jiff::Timestamp::now()).await
        })
    })
}
