//! The caller's day in a few sentences.

use second_brain_domain::briefing::BriefingDesk;
use second_brain_domain::ports::{AskAgent, KeepBriefing, LastBriefing, ReadDay, ResolveCaller};
use second_brain_http::{Answer, ApiRequest, ApiResponse, Arrival, Audience, Handle, Route};

use crate::agent_bound;

pub struct Briefings<S, A> {
    pub audience: Audience,
    pub store: S,
    pub agent: A,
}

impl<S, A> Handle for Briefings<S, A>
where
    S: ResolveCaller + ReadDay + KeepBriefing + LastBriefing,
    A: AskAgent,
{
    const ROUTES: &'static [Route] = &[Route { method: "GET", resource: "/briefing" }];

    async fn handle(&self, _: Route, request: &ApiRequest, arrival: Arrival) -> Answer {
        let claims = self.audience.admit(request, arrival.at)?;
        let caller = self.store.resolve(&claims).await?;
        let desk = BriefingDesk { store: &self.store, agent: &self.agent };
        let briefing = desk.brief(&caller, arrival.at, agent_bound(arrival)).await?;
        Ok(ApiResponse::json(200, &briefing))
    }
}
