//! Accounts elsewhere that act for the caller. The calendar's function serves them: it may do no more
//! than reach the database, and an alarm on errors can add up no more than ten functions.

use second_brain_domain::link::LinkId;
use second_brain_domain::ports::{EndLink, ListLinks, ResolveCaller};
use second_brain_http::{Answer, ApiRequest, ApiResponse, Arrival, Audience};
use serde_json::json;

pub struct Links<'a, S> {
    pub audience: &'a Audience,
    pub store: &'a S,
}

impl<S: ResolveCaller + ListLinks + EndLink> Links<'_, S> {
    pub async fn list(&self, request: &ApiRequest, arrival: Arrival) -> Answer {
        let claims = self.audience.admit(request, arrival.at)?;
        let caller = self.store.resolve(&claims).await?;
        Ok(ApiResponse::json(200, &json!({"links": self.store.links(&caller).await?})))
    }

    pub async fn end(&self, request: &ApiRequest, arrival: Arrival) -> Answer {
        let claims = self.audience.admit(request, arrival.at)?;
        let id = LinkId::parse(request.path("link_id"))?;
        let caller = self.store.resolve(&claims).await?;
        self.store.end_link(&caller, id).await?;
        Ok(ApiResponse::no_content())
    }
}
