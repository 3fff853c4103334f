//! Something new to remember, written or spoken.

use second_brain_domain::Failure;
use second_brain_domain::entity::{EntityId, NewEntity};
use second_brain_domain::ingesting::Ingesting;
use second_brain_domain::ports::{
    BeginVoiceNote, Embed, FindPlace, InsertEntity, OfferUpload, ReadVoiceNote, ResolveCaller,
};
use second_brain_http::{Answer, ApiRequest, ApiResponse, Arrival, Audience, Handle, Route};
use serde_json::json;
use uuid::Uuid;

use crate::voice_notes::VoiceNotes;

pub struct Ingest<S, M, P, R> {
    pub audience: Audience,
    pub store: S,
    pub meanings: M,
    pub places: P,
    pub recordings: R,
}

impl<S, M, P, R> Handle for Ingest<S, M, P, R>
where
    S: ResolveCaller + InsertEntity + BeginVoiceNote + ReadVoiceNote,
    M: Embed,
    P: FindPlace,
    R: OfferUpload,
{
    const ROUTES: &'static [Route] = &[
        Route { method: "POST", resource: "/ingest" },
        Route { method: "POST", resource: "/voice-notes" },
        Route { method: "GET", resource: "/voice-notes/{voice_note_id}" },
    ];

    async fn handle(&self, route: Route, request: &ApiRequest, arrival: Arrival) -> Answer {
        let spoken =
            VoiceNotes { audience: &self.audience, store: &self.store, recordings: &self.recordings };
        match route.resource {
            "/ingest" => self.take_in(request, arrival).await,
            "/voice-notes" => spoken.begin(request, arrival).await,
            "/voice-notes/{voice_note_id}" => spoken.report(request, arrival).await,
            _ => Err(Failure::NotFound("route")),
        }
    }
}

impl<S: ResolveCaller + InsertEntity, M: Embed, P: FindPlace, R> Ingest<S, M, P, R> {
    async fn take_in(&self, request: &ApiRequest, arrival: Arrival) -> Answer {
        let claims = self.audience.admit(request, arrival.at)?;
        let entity = NewEntity::parse(&request.body()?)?;
        let caller = self.store.resolve(&claims).await?;
        let ingesting = Ingesting { meanings: &self.meanings, places: &self.places, entities: &self.store };
        let id = EntityId(Uuid::new_v4());
        ingesting.ingest(id, &caller, &entity).await?;
        Ok(ApiResponse::json(201, &json!({"id": id})))
    }
}
