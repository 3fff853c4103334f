//! Something new to remember.

use second_brain_domain::entity::{EntityId, NewEntity};
use second_brain_domain::ingesting::Ingesting;
use second_brain_domain::ports::{Embed, FindPlace, InsertEntity, ResolveCaller};
use second_brain_http::{Answer, ApiRequest, ApiResponse, Arrival, Audience, Handle, Route};
use serde_json::json;
use uuid::Uuid;

pub struct Ingest<S, M, P> {
    pub audience: Audience,
    pub store: S,
    pub meanings: M,
    pub places: P,
}

impl<S, M, P> Handle for Ingest<S, M, P>
where
    S: ResolveCaller + InsertEntity,
    M: Embed,
    P: FindPlace,
{
    const ROUTES: &'static [Route] = &[Route { method: "POST", resource: "/ingest" }];

    async fn handle(&self, _: Route, request: &ApiRequest, arrival: Arrival) -> Answer {
        let claims = self.audience.admit(request, arrival.at)?;
        let entity = NewEntity::parse(&request.body()?)?;
        let caller = self.store.resolve(&claims).await?;
        let ingesting = Ingesting { meanings: &self.meanings, places: &self.places, entities: &self.store };
        let id = EntityId(Uuid::new_v4());
        ingesting.ingest(id, &caller, &entity).await?;
        Ok(ApiResponse::json(201, &json!({"id": id})))
    }
}
