use second_brain_runtime::{Context, Error, run};
use serde_json::Value;
use voice_notes_function::VoiceNotes;

fn main() -> Result<(), Error> {
    run(async || {
        let function = VoiceNotes::from_environment().await?;
        Ok(async move |event: Value, _: Context| function.handle(&event).await)
    })
}
