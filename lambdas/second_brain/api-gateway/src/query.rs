//! Questions, and the entities that answers point to.

use second_brain_domain::Failure;
use second_brain_domain::answering::{Answering, Question};
use second_brain_domain::entity::EntityId;
use second_brain_domain::ports::{AskAgent, Embed, ReadEntity, ResolveCaller, SearchEntities};
use second_brain_http::{Answer, ApiRequest, ApiResponse, Arrival, Audience, Handle, Route};

use crate::agent_bound;

pub struct Query<S, M, A> {
    pub audience: Audience,
    pub store: S,
    pub meanings: M,
    pub agent: A,
}

impl<S, M, A> Handle for Query<S, M, A>
where
    S: ResolveCaller + SearchEntities + ReadEntity,
    M: Embed,
    A: AskAgent,
{
    const ROUTES: &'static [Route] = &[
        Route { method: "POST", resource: "/query" },
        Route { method: "GET", resource: "/entities/{entity_id}" },
    ];

    async fn handle(&self, route: Route, request: &ApiRequest, arrival: Arrival) -> Answer {
        match route.resource {
            "/query" => self.answer(request, arrival).await,
            "/entities/{entity_id}" => self.entity(request, arrival).await,
            _ => Err(Failure::NotFound("route")),
        }
    }
}

impl<S, M, A> Query<S, M, A>
where
    S: ResolveCaller + SearchEntities + ReadEntity,
    M: Embed,
    A: AskAgent,
{
    async fn answer(&self, request: &ApiRequest, arrival: Arrival) -> Answer {
        let claims = self.audience.admit(request, arrival.at)?;
        let question = Question::parse(&request.body()?)?;
        let caller = self.store.resolve(&claims).await?;
        let answering = Answering { meanings: &self.meanings, entities: &self.store, agent: &self.agent };
        let answer = answering.answer(&caller, &question, agent_bound(arrival)).await?;
        Ok(ApiResponse::json(200, &answer))
    }

    async fn entity(&self, request: &ApiRequest, arrival: Arrival) -> Answer {
        let claims = self.audience.admit(request, arrival.at)?;
        let id = EntityId::parse(request.path("entity_id"))?;
        let caller = self.store.resolve(&claims).await?;
        Ok(ApiResponse::json(200, &self.store.read(caller.family, id).await?))
    }
}
