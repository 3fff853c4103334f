//! Recordings become notes.
//!
//! Three events start the function. S3 stored a recording: its transcription begins. S3 stored a
//! transcript: the note is kept, and recording and transcript are deleted. Transcribe reports that a job
//! failed: the voice note says why, and the recording is deleted. A transcript is waited for at S3, which
//! delivers its events at least once; Transcribe's own are delivered as well as it can.
//!
//! Every event may come again or late. A job is named by its recording and begins once; the note has the
//! recording's id and is inserted once; what is over stays as it ended. An event only names an id: whose it
//! is, and whether there is such a voice note at all, the database says.

mod event;

use second_brain_aws::embeddings::Embeddings;
use second_brain_aws::places::Places;
use second_brain_aws::recordings::Recordings;
use second_brain_aws::transcription::Transcription;
use second_brain_domain::Failure;
use second_brain_domain::entity::NewEntity;
use second_brain_domain::ingesting::Ingesting;
use second_brain_domain::voice_note::{Progress, VoiceNote, VoiceNoteId};
use second_brain_runtime::{Fault, MissingSetting};
use second_brain_store::Database;
use second_brain_wiring::Parts;
use serde_json::{Value, json};

use crate::event::Event;

pub struct VoiceNotes {
    database: Database,
    recordings: Recordings,
    transcription: Transcription,
    meanings: Embeddings,
    places: Places,
}

impl VoiceNotes {
    pub async fn from_environment() -> Result<Self, MissingSetting> {
        let Parts { outbound, aws, database } = Parts::from_environment().await?;
        Ok(Self {
            database,
            recordings: Recordings::from_environment(aws.clone(), outbound)?,
            transcription: Transcription::from_environment(aws.clone())?,
            meanings: Embeddings::from_environment(aws.clone()),
            places: Places::from_environment(aws),
        })
    }

    /// Answers with the state that the voice note is in now, or with `null` where it is nobody's.
    pub async fn handle(&self, event: &Value) -> Result<Value, Fault> {
        let event = Event::parse(event, self.recordings.bucket(), &self.transcription);
        let Some(event) = event else {
            tracing::warn!("an event that is not of this environment's voice notes");
            return Ok(json!({"state": null}));
        };
        let Some(note) = self.database.voice_note_of(event.id()).await? else {
            // Its person has gone, and takes it with them.
            tracing::warn!("there is no such voice note");
            self.recordings.delete(event.id()).await?;
            return Ok(json!({"state": null}));
        };
        let state = if note.progress.is_over() {
            self.recordings.delete(note.id).await?;
            note.progress
        } else {
            self.advance(&note, event).await?
        };
        tracing::info!(state = state.as_str(), "a voice note");
        Ok(json!({"state": state}))
    }

    async fn advance(&self, note: &VoiceNote, event: Event) -> Result<Progress, Failure> {
        match event {
            Event::Recorded { bytes, .. } if bytes != note.recording.bytes => {
                self.fail(note, "the recording is not of the size that was announced").await
            }
            Event::Recorded { id, .. } => self.transcribe(note, id).await,
            Event::Transcribed { id } => self.keep(note, id).await,
            Event::NotTranscribed { id } => {
                let reason = self.transcription.failure_reason(id).await?;
                self.fail(note, reason.as_deref().unwrap_or("the transcription failed")).await
            }
        }
    }

    async fn transcribe(&self, note: &VoiceNote, id: VoiceNoteId) -> Result<Progress, Failure> {
        self.transcription.start(id, note.recording.format, self.recordings.bucket()).await?;
        self.database.advance(note, Progress::Transcribing, None).await?;
        Ok(Progress::Transcribing)
    }

    async fn keep(&self, note: &VoiceNote, id: VoiceNoteId) -> Result<Progress, Failure> {
        let Some(said) = self.recordings.transcript(id).await? else {
            // Whoever deleted it has kept the note before, or will be asked to again.
            return Ok(note.progress);
        };
        let entity = match NewEntity::note(&said) {
            Ok(entity) => entity,
            Err(_) if said.trim().is_empty() => return self.fail(note, "no speech was heard").await,
            Err(invalid) => return self.fail(note, &format!("the transcript {}", invalid.reason)).await,
        };
        let ingesting =
            Ingesting { meanings: &self.meanings, places: &self.places, entities: &self.database };
        ingesting.ingest(id.entity(), &note.caller, &entity).await?;
        self.database.advance(note, Progress::Kept, None).await?;
        self.recordings.delete(id).await?;
        Ok(Progress::Kept)
    }

    async fn fail(&self, note: &VoiceNote, reason: &str) -> Result<Progress, Failure> {
        self.database.advance(note, Progress::Failed, Some(reason)).await?;
        self.recordings.delete(note.id).await?;
        Ok(Progress::Failed)
    }
}
