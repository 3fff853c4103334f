//! Meanings as vectors: Titan Text Embeddings on Bedrock.

use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use second_brain_domain::Failure;
use second_brain_domain::entity::{EMBEDDING_DIMENSIONS, Embedding};
use second_brain_domain::ports::Embed;
use second_brain_outbound::encoded;
use second_brain_runtime::settings::optional;
use serde::Deserialize;
use serde_json::json;

use crate::client::{AwsClient, Call, Service};

const BEDROCK: Service = Service {
    what: "the embedding model",
    signing_name: "bedrock",
    host: "bedrock-runtime",
    id: "BEDROCK_RUNTIME",
};
const DEFAULT_MODEL: &str = "amazon.titan-embed-text-v2:0";
/// Titan takes 8,192 tokens or 50,000 characters; what comes after rarely changes the meaning.
const LONGEST_INPUT: usize = 20_000;

pub struct Embeddings {
    aws: Rc<AwsClient>,
    path: String,
}

#[derive(Deserialize)]
struct Reply {
    embedding: Vec<f32>,
}

impl Embeddings {
    pub fn from_environment(aws: Rc<AwsClient>) -> Self {
        let model = optional("EMBED_MODEL_ID").unwrap_or_else(|| DEFAULT_MODEL.to_owned());
        let path = format!("/model/{}/invoke", encoded(&model));
        Self { aws, path }
    }
}

impl Embed for Embeddings {
    async fn embed(&self, text: &str) -> Result<Embedding, Failure> {
        let input: String = text.chars().take(LONGEST_INPUT).collect();
        let body = json!({"inputText": input, "dimensions": EMBEDDING_DIMENSIONS, "normalize": true});
        let call = Call {
            service: BEDROCK,
            path: &self.path,
            headers: &[("content-type", "application/json"), ("accept", "application/json")],
            body: Bytes::from(body.to_string()),
            within: Duration::from_secs(8),
        };
        let reply = self.aws.send_until_it_works(&call).await?;
        let reply: Reply = serde_json::from_slice(&reply)
            .map_err(|_| Failure::unavailable(BEDROCK.what, "no embedding in the answer"))?;
        Embedding::new(reply.embedding).map_err(|reason| Failure::unavailable(BEDROCK.what, reason))
    }
}
