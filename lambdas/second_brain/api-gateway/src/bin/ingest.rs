use api_gateway::ingest::Ingest;
use second_brain_aws::{embeddings::Embeddings, places::Places, recordings::Recordings};
use second_brain_http::{Audience, serve};
use second_brain_runtime::Error;
use second_brain_wiring::Parts;

fn main() -> Result<(), Error> {
    serve(async || {
        let Parts { outbound, aws, database } = Parts::from_environment().await?;
        Ok(Ingest {
            audience: Audience::from_environment(),
            store: database,
            meanings: Embeddings::from_environment(aws.clone()),
            places: Places::from_environment(aws.clone()),
            recordings: Recordings::from_environment(aws, outbound)?,
        })
    })
}
