//! What has become of each recording.

use second_brain_domain::ports::{BeginVoiceNote, ReadVoiceNote};
use second_brain_domain::voice_note::{AudioFormat, NewVoiceNote, Progress, VoiceNote, VoiceNoteId};
use second_brain_domain::{Caller, Failure};
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use crate::callers::caller;
use crate::connection::{Database, Parameters, WHAT};
use crate::outside_families::FIND_VOICE_NOTE;

/// Transcribing is billed by the minute: nobody speaks more notes a day, but a script could.
const BEGIN: &str = "
    insert into voice_notes (id, family_id, user_id, content_type, bytes)
    select $1, $2, $3, $4, $5
    where (select count(*) from voice_notes
        where family_id = $2 and user_id = $3 and created_at > now() - interval '1 day') < 50
    returning id";

const READ: &str = "
    select id as note, content_type, bytes, state, reason, created_at
    from voice_notes where family_id = $1 and user_id = $2 and id = $3";

/// What is over stays as it ended, whichever event comes late or again.
const ADVANCE: &str = "
    update voice_notes set state = $3, reason = $4
    where family_id = $1 and id = $2 and state in ('awaiting_upload', 'transcribing')";

impl BeginVoiceNote for Database {
    async fn begin(&self, caller: &Caller, id: VoiceNoteId, new: NewVoiceNote) -> Result<(), Failure> {
        let parameters: &Parameters<'_> = &[
            (&id.0, Type::UUID),
            (&caller.family.0, Type::UUID),
            (&caller.user.0, Type::UUID),
            (&new.format.content_type, Type::TEXT),
            (&new.bytes, Type::INT8),
        ];
        let begun = self.of(caller.family).write(BEGIN, parameters).await?;
        begun
            .first()
            .map(drop)
            .ok_or(Failure::TooMany("begun 50 voice notes within a day; try again tomorrow"))
    }
}

impl ReadVoiceNote for Database {
    async fn voice_note(&self, caller: &Caller, id: VoiceNoteId) -> Result<VoiceNote, Failure> {
        let parameters: &Parameters<'_> =
            &[(&caller.family.0, Type::UUID), (&caller.user.0, Type::UUID), (&id.0, Type::UUID)];
        let rows = self.of(caller.family).read(READ, parameters).await?;
        let row = rows.first().ok_or(Failure::NotFound("voice note"))?;
        voice_note(row, caller.clone())
    }
}

impl Database {
    /// The voice note that a recording belongs to, and its person; `None` for a recording of nobody.
    pub async fn voice_note_of(&self, id: VoiceNoteId) -> Result<Option<VoiceNote>, Failure> {
        let rows = self.read_outside(&FIND_VOICE_NOTE, &[(&id.0, Type::UUID)]).await?;
        rows.first().map(|row| voice_note(row, caller(row))).transpose()
    }

    /// Says how far the voice note is; `reason` when it failed, and only then.
    pub async fn advance(
        &self,
        note: &VoiceNote,
        progress: Progress,
        reason: Option<&str>,
    ) -> Result<(), Failure> {
        let reason = reason.map(|text| text.chars().take(500).collect::<String>());
        let family = note.caller.family;
        let parameters: &Parameters<'_> = &[
            (&family.0, Type::UUID),
            (&note.id.0, Type::UUID),
            (&progress.as_str(), Type::TEXT),
            (&reason, Type::TEXT),
        ];
        self.of(family).write(ADVANCE, parameters).await.map(drop)
    }
}

fn voice_note(row: &Row, caller: Caller) -> Result<VoiceNote, Failure> {
    let (format, progress) = (AudioFormat::named(row.get("content_type")), Progress::named(row.get("state")));
    let (Some(format), Some(progress)) = (format, progress) else {
        return Err(Failure::unavailable(WHAT, "a voice note of a later version"));
    };
    Ok(VoiceNote {
        id: VoiceNoteId(row.get("note")),
        caller,
        recording: NewVoiceNote { format, bytes: row.get("bytes") },
        progress,
        reason: row.get("reason"),
        created_at: row.get("created_at"),
    })
}
