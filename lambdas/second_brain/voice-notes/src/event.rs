//! EventBridge's events, as far as they are about this environment's voice notes.

use second_brain_aws::recordings::Stored;
use second_brain_aws::transcription::Transcription;
use second_brain_domain::voice_note::VoiceNoteId;
use serde_json::Value;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    Recorded { id: VoiceNoteId, bytes: i64 },
    Transcribed { id: VoiceNoteId },
    NotTranscribed { id: VoiceNoteId },
}

impl Event {
    pub fn parse(event: &Value, bucket: &str, transcription: &Transcription) -> Option<Self> {
        let text = |pointer| event.pointer(pointer).and_then(Value::as_str);
        match (text("/source")?, text("/detail-type")?) {
            ("aws.s3", "Object Created") if text("/detail/bucket/name")? == bucket => {
                Self::of_object(text("/detail/object/key")?, event.pointer("/detail/object/size")?)
            }
            ("aws.transcribe", "Transcribe Job State Change")
                if text("/detail/TranscriptionJobStatus")? == "FAILED" =>
            {
                let id = transcription.of_job(text("/detail/TranscriptionJobName")?)?;
                Some(Self::NotTranscribed { id })
            }
            _ => None,
        }
    }

    fn of_object(key: &str, size: &Value) -> Option<Self> {
        match Stored::parse(key)? {
            Stored::Recording(id) => Some(Self::Recorded { id, bytes: size.as_i64()? }),
            Stored::Transcript(id) => Some(Self::Transcribed { id }),
        }
    }

    pub fn id(self) -> VoiceNoteId {
        match self {
            Self::Recorded { id, .. } | Self::Transcribed { id } | Self::NotTranscribed { id } => id,
        }
    }
}
