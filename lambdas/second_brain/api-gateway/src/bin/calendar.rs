use api_gateway::calendar::Calendar;
use second_brain_http::{Audience, serve};
use second_brain_runtime::Error;
use second_brain_wiring::Parts;

fn main() -> Result<(), Error> {
    serve(async || {
        let Parts { database, .. } = Parts::from_environment().await?;
        Ok(Calendar { audience: Audience::from_environment(), store: database })
    })
}
