use discord_webhook_lib::function::DiscordFunction;
use second_brain_runtime::{Context, Error, run};
use serde_json::Value;

fn main() -> Result<(), Error> {
    run(async || {
        let function = DiscordFunction::from_environment().await?;
        Ok(async move |event: Value, _: Context| function.handle(event).await)
    })
}
