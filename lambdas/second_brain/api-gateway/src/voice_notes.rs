//! Notes that are spoken. The function that takes notes in serves them: it gives out a link for the
//! recording, and tells what has become of it; transcribing is `voice-notes`'.

use second_brain_domain::ports::{BeginVoiceNote, OfferUpload, ReadVoiceNote, ResolveCaller};
use second_brain_domain::voice_note::{NewVoiceNote, VoiceNoteId};
use second_brain_http::{Answer, ApiRequest, ApiResponse, Arrival, Audience};
use serde_json::json;
use uuid::Uuid;

pub struct VoiceNotes<'a, S, R> {
    pub audience: &'a Audience,
    pub store: &'a S,
    pub recordings: &'a R,
}

impl<S: ResolveCaller + BeginVoiceNote + ReadVoiceNote, R: OfferUpload> VoiceNotes<'_, S, R> {
    pub async fn begin(&self, request: &ApiRequest, arrival: Arrival) -> Answer {
        let claims = self.audience.admit(request, arrival.at)?;
        let new = NewVoiceNote::parse(&request.body()?)?;
        let caller = self.store.resolve(&claims).await?;
        let id = VoiceNoteId(Uuid::new_v4());
        self.store.begin(&caller, id, new).await?;
        let upload = self.recordings.offer(id, new)?;
        Ok(ApiResponse::json(201, &json!({"id": id, "upload": upload})))
    }

    pub async fn report(&self, request: &ApiRequest, arrival: Arrival) -> Answer {
        let claims = self.audience.admit(request, arrival.at)?;
        let id = VoiceNoteId::parse(request.path("voice_note_id"))?;
        let caller = self.store.resolve(&claims).await?;
        let note = self.store.voice_note(&caller, id).await?;
        Ok(ApiResponse::json(200, &note.report(arrival.at)))
    }
}
