//! Something new to remember: placed, embedded, kept.

use crate::caller::Caller;
use crate::entity::{EntityId, NewEntity, Point};
use crate::failure::Failure;
use crate::ports::{Embed, FindPlace, InsertEntity};

pub struct Ingesting<'a, M, P, S> {
    pub meanings: &'a M,
    pub places: &'a P,
    pub entities: &'a S,
}

impl<M: Embed, P: FindPlace, S: InsertEntity> Ingesting<'_, M, P, S> {
    pub async fn ingest(&self, id: EntityId, caller: &Caller, entity: &NewEntity) -> Result<(), Failure> {
        let point = self.point(entity.place.as_deref()).await;
        let meaning = self.meanings.embed(&entity.meaning()).await?;
        self.entities.insert(id, caller, entity, &meaning, point).await
    }

    /// A note must not be lost because a map is down: its place keeps the name and has no point.
    async fn point(&self, place: Option<&str>) -> Option<Point> {
        self.places.find_place(place?).await.unwrap_or_else(|failure| {
            tracing::warn!(reason = failure.chain(), "the place stays without a point");
            None
        })
    }
}
