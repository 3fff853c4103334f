//! Text read aloud by Amazon Polly.

use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use second_brain_domain::Failure;
use second_brain_domain::ports::Speak;
use second_brain_domain::speech::Voice;
use serde_json::json;

use crate::client::{AwsClient, Call, Service};

const POLLY: Service = Service { what: "the voice", signing_name: "polly", host: "polly", id: "POLLY" };

pub struct Polly {
    pub aws: Rc<AwsClient>,
}

impl Speak for Polly {
    async fn speak(&self, text: &str, voice: Voice, within: Duration) -> Result<Vec<u8>, Failure> {
        let body = json!({
            "Engine": "standard",
            "LanguageCode": voice.language,
            "OutputFormat": "mp3",
            "Text": text,
            "TextType": "text",
            "VoiceId": voice.name,
        });
        let call = Call {
            service: POLLY,
            path: "/v1/speech",
            headers: &[("content-type", "application/json")],
            body: Bytes::from(body.to_string()),
            within,
        };
        self.aws.send(&call).await.map(Vec::from)
    }
}
