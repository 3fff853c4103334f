use api_gateway::query::Query;
use second_brain_aws::{agent::Agent, embeddings::Embeddings};
use second_brain_http::{Audience, serve};
use second_brain_runtime::Error;
use second_brain_wiring::Parts;

fn main() -> Result<(), Error> {
    serve(async || {
        let Parts { aws, database, .. } = Parts::from_environment().await?;
        Ok(Query {
            audience: Audience::from_environment(),
            store: database,
            meanings: Embeddings::from_environment(aws.clone()),
            agent: Agent::from_environment(aws),
        })
    })
}
