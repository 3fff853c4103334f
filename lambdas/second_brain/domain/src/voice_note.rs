//! A note that is spoken: recorded by a client, uploaded to where only a link allows it, transcribed, kept.

use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use crate::caller::Caller;
use crate::entity::EntityId;
use crate::failure::Invalid;
use crate::fields::Fields;

/// Ten minutes of uncompressed speech, or hours of compressed.
pub const LARGEST_RECORDING: i64 = 10 << 20;
/// How long an upload may be begun.
pub const UPLOAD_WITHIN: Duration = Duration::from_secs(15 * 60);
/// A transcription ends within a day or was lost: whoever reports it may not have done so.
const LOST_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct VoiceNoteId(pub Uuid);

impl VoiceNoteId {
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        Uuid::try_parse(text).map(Self).map_err(|_| Invalid::new("voice_note_id", "must be a UUID"))
    }

    /// The note has the id of its recording, so that keeping it twice keeps it once.
    pub fn entity(self) -> EntityId {
        EntityId(self.0)
    }
}

/// How a recording is encoded: what clients call it, and what Transcribe does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AudioFormat {
    pub content_type: &'static str,
    pub media_format: &'static str,
}

const FORMATS: [AudioFormat; 6] = [
    AudioFormat { content_type: "audio/mpeg", media_format: "mp3" },
    AudioFormat { content_type: "audio/mp4", media_format: "mp4" },
    AudioFormat { content_type: "audio/wav", media_format: "wav" },
    AudioFormat { content_type: "audio/flac", media_format: "flac" },
    AudioFormat { content_type: "audio/ogg", media_format: "ogg" },
    AudioFormat { content_type: "audio/webm", media_format: "webm" },
];

impl AudioFormat {
    pub fn named(content_type: &str) -> Option<Self> {
        FORMATS.into_iter().find(|format| format.content_type == content_type)
    }

    fn parse(content_type: &str) -> Result<Self, Invalid> {
        Self::named(content_type).ok_or_else(|| {
            let known = FORMATS.map(|format| format.content_type).join(", ");
            Invalid::new("content_type", format!("must be one of {known}"))
        })
    }
}

/// A recording that a client is about to upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewVoiceNote {
    pub format: AudioFormat,
    pub bytes: i64,
}

impl NewVoiceNote {
    pub fn parse(body: &[u8]) -> Result<Self, Invalid> {
        let fields = Fields::parse(body, &["content_type", "bytes"])?;
        let format = AudioFormat::parse(&fields.text("content_type", 1..=40)?)?;
        let bytes = fields
            .optional_integer("bytes", 1..=LARGEST_RECORDING)?
            .ok_or_else(|| Invalid::new("bytes", "is missing"))?;
        Ok(Self { format, bytes })
    }
}

/// Where the recording goes: exactly so many bytes of exactly this type, until the link ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Upload {
    pub method: &'static str,
    pub url: String,
    pub content_type: &'static str,
    pub bytes: i64,
    pub expires_at: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Progress {
    AwaitingUpload,
    Transcribing,
    Kept,
    Failed,
}

impl Progress {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AwaitingUpload => "awaiting_upload",
            Self::Transcribing => "transcribing",
            Self::Kept => "kept",
            Self::Failed => "failed",
        }
    }

    pub fn named(text: &str) -> Option<Self> {
        [Self::AwaitingUpload, Self::Transcribing, Self::Kept, Self::Failed]
            .into_iter()
            .find(|progress| progress.as_str() == text)
    }

    pub const fn is_over(self) -> bool {
        matches!(self, Self::Kept | Self::Failed)
    }
}

/// A voice note as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VoiceNote {
    pub id: VoiceNoteId,
    pub caller: Caller,
    pub recording: NewVoiceNote,
    pub progress: Progress,
    pub reason: Option<String>,
    pub created_at: Timestamp,
}

/// What its person is told of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    pub id: VoiceNoteId,
    pub state: Progress,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entity_id: Option<EntityId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl VoiceNote {
    pub fn report(&self, now: Timestamp) -> Report {
        let (state, reason) = self.state(now);
        let entity_id = (state == Progress::Kept).then(|| self.id.entity());
        Report { id: self.id, state, entity_id, reason }
    }

    fn state(&self, now: Timestamp) -> (Progress, Option<String>) {
        let age = Duration::try_from(now.duration_since(self.created_at)).unwrap_or_default();
        match self.progress {
            // An upload that was begun in time may take as long as the link was valid.
            Progress::AwaitingUpload if age > UPLOAD_WITHIN * 2 => {
                (Progress::Failed, Some("no recording was uploaded in time".to_owned()))
            }
            Progress::Transcribing if age > LOST_AFTER => {
                (Progress::Failed, Some("the transcription was lost".to_owned()))
            }
            progress => (progress, self.reason.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;
    use crate::caller::{FamilyId, UserId};

    fn refused(body: &str) -> String {
        NewVoiceNote::parse(body.as_bytes()).unwrap_err().field
    }

    #[test]
    fn a_recording_has_a_known_type_and_a_size() {
        let new = NewVoiceNote::parse(br#"{"content_type":"audio/mpeg","bytes":10485760}"#).unwrap();
        assert_eq!((new.format.media_format, new.bytes), ("mp3", LARGEST_RECORDING));
        assert_eq!(refused(r#"{"content_type":"text/html","bytes":1}"#), "content_type");
        assert_eq!(refused(r#"{"content_type":"audio/mpeg; codecs=x","bytes":1}"#), "content_type");
        assert_eq!(refused(r#"{"content_type":"audio/mpeg"}"#), "bytes");
        assert_eq!(refused(r#"{"content_type":"audio/mpeg","bytes":0}"#), "bytes");
        assert_eq!(refused(r#"{"content_type":"audio/mpeg","bytes":10485761}"#), "bytes");
        assert_eq!(refused(r#"{"content_type":"audio/mpeg","bytes":1,"key":"uploads/x"}"#), "key");
    }

    fn note(progress: Progress) -> VoiceNote {
        let format = AudioFormat::named("audio/ogg").unwrap();
        VoiceNote {
            id: VoiceNoteId(Uuid::nil()),
            caller: Caller {
                user: UserId(Uuid::nil()),
                family: FamilyId(Uuid::nil()),
                time_zone: TimeZone::UTC,
            },
            recording: NewVoiceNote { format, bytes: 1 },
            progress,
            reason: None,
            created_at: "2026-11-20T10:00:00Z".parse().unwrap(),
        }
    }

    fn state(progress: Progress, now: &str) -> Progress {
        note(progress).report(now.parse().unwrap()).state
    }

    #[test]
    fn what_nobody_reports_ends_as_failed() {
        assert_eq!(state(Progress::AwaitingUpload, "2026-11-20T10:30:00Z"), Progress::AwaitingUpload);
        assert_eq!(state(Progress::AwaitingUpload, "2026-11-20T10:30:01Z"), Progress::Failed);
        assert_eq!(state(Progress::Transcribing, "2026-11-21T10:00:00Z"), Progress::Transcribing);
        assert_eq!(state(Progress::Transcribing, "2026-11-21T10:00:01Z"), Progress::Failed);
        assert_eq!(state(Progress::Kept, "2027-11-21T10:00:01Z"), Progress::Kept);
    }

    #[test]
    fn only_a_note_that_is_kept_is_named() {
        let now = "2026-11-20T10:00:01Z".parse().unwrap();
        assert_eq!(note(Progress::Kept).report(now).entity_id, Some(EntityId(Uuid::nil())));
        assert_eq!(note(Progress::Transcribing).report(now).entity_id, None);
    }
}
