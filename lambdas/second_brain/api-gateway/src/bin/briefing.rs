use api_gateway::briefing::Briefings;
use second_brain_aws::{agent::Agent, speech::Polly};
use second_brain_http::{Audience, serve};
use second_brain_runtime::Error;
use second_brain_wiring::Parts;

fn main() -> Result<(), Error> {
    serve(async || {
        let Parts { aws, database, .. } = Parts::from_environment().await?;
        Ok(Briefings {
            audience: Audience::from_environment(),
            store: database,
            agent: Agent::from_environment(aws.clone()),
            voice: Polly { aws },
        })
    })
}
