use event_triggers::calendar_sync::CalendarSync;
use event_triggers::{Budget, Outcome};
use second_brain_outbound::Trust;
use second_brain_runtime::settings::optional;
use second_brain_runtime::{Context, Error, run};
use second_brain_wiring::Parts;
use serde_json::{Value, json};

fn main() -> Result<(), Error> {
    run(async || {
        let Parts { database, .. } = Parts::from_environment().await?;
        let trust = Trust::parse(&optional("CALENDAR_TRUSTED_HOSTS").unwrap_or_default());
        let sync = CalendarSync::new(database, trust);
        Ok(async move |_: Value, context: Context| -> Outcome {
            let count = sync.run(jiff::Timestamp::now(), &Budget::of(context)).await?;
            Ok(json!({"synced": count.synced, "failed": count.failed}))
        })
    })
}
