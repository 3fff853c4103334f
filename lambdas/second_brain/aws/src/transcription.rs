//! Recordings made into text by Amazon Transcribe, in jobs that end whenever they do.

use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use second_brain_domain::Failure;
use second_brain_domain::voice_note::{AudioFormat, VoiceNoteId};
use second_brain_runtime::MissingSetting;
use second_brain_runtime::settings::required;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::client::{AwsClient, Call, Service};
use crate::recordings::Stored;

const TRANSCRIBE: Service =
    Service { what: "the transcription", signing_name: "transcribe", host: "transcribe", id: "TRANSCRIBE" };

/// Jobs of one environment, told from others of the account by how their names begin.
pub struct Transcription {
    aws: Rc<AwsClient>,
    prefix: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Reply {
    transcription_job: Job,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Job {
    failure_reason: Option<String>,
}

impl Transcription {
    pub fn from_environment(aws: Rc<AwsClient>) -> Result<Self, MissingSetting> {
        Ok(Self { aws, prefix: required("VOICE_JOB_PREFIX")? })
    }

    /// Whose job this is, if it is one of this environment.
    pub fn of_job(&self, name: &str) -> Option<VoiceNoteId> {
        let id = VoiceNoteId::parse(name.strip_prefix(&self.prefix)?).ok()?;
        (self.job(id) == name).then_some(id)
    }

    /// The job's name is the recording's, so that starting it twice starts it once.
    pub async fn start(&self, id: VoiceNoteId, format: AudioFormat, bucket: &str) -> Result<(), Failure> {
        let recording = Stored::Recording(id).key();
        let request = json!({
            "TranscriptionJobName": self.job(id),
            "IdentifyLanguage": true,
            "Media": {"MediaFileUri": format!("s3://{bucket}/{recording}")},
            "MediaFormat": format.media_format,
            "OutputBucketName": bucket,
            "OutputKey": Stored::Transcript(id).key(),
        });
        self.call("Transcribe.StartTranscriptionJob", &request, "ConflictException").await.map(drop)
    }

    /// Why the job failed, in Transcribe's words.
    pub async fn failure_reason(&self, id: VoiceNoteId) -> Result<Option<String>, Failure> {
        let request = json!({"TranscriptionJobName": self.job(id)});
        let reply = self.call("Transcribe.GetTranscriptionJob", &request, "NotFoundException").await?;
        let read = |body: Bytes| serde_json::from_slice::<Reply>(&body);
        let reply =
            reply.map(read).transpose().map_err(|error| Failure::unavailable(TRANSCRIBE.what, error))?;
        Ok(reply.and_then(|found| found.transcription_job.failure_reason))
    }

    fn job(&self, id: VoiceNoteId) -> String {
        format!("{}{}", self.prefix, id.0)
    }

    async fn call(&self, target: &str, request: &Value, absent: &str) -> Result<Option<Bytes>, Failure> {
        let call = Call {
            service: TRANSCRIBE,
            path: "/",
            headers: &[("content-type", "application/x-amz-json-1.1"), ("x-amz-target", target)],
            body: Bytes::from(request.to_string()),
            within: Duration::from_secs(10),
        };
        self.aws.send_for(&call, absent).await
    }
}
