//! The caller's appointments.

use second_brain_domain::Failure;
use second_brain_domain::calendar::{NewEvent, Window};
use second_brain_domain::ports::{AddEvent, ListEvents, ResolveCaller};
use second_brain_http::{Answer, ApiRequest, ApiResponse, Arrival, Audience, Handle, Route};
use serde_json::json;

pub struct Calendar<S> {
    pub audience: Audience,
    pub store: S,
}

impl<S: ResolveCaller + ListEvents + AddEvent> Handle for Calendar<S> {
    const ROUTES: &'static [Route] =
        &[Route { method: "GET", resource: "/calendar" }, Route { method: "POST", resource: "/calendar" }];

    async fn handle(&self, route: Route, request: &ApiRequest, arrival: Arrival) -> Answer {
        match route.method {
            "GET" => self.list(request, arrival).await,
            "POST" => self.add(request, arrival).await,
            _ => Err(Failure::NotFound("route")),
        }
    }
}

impl<S: ResolveCaller + ListEvents + AddEvent> Calendar<S> {
    async fn list(&self, request: &ApiRequest, arrival: Arrival) -> Answer {
        let claims = self.audience.admit(request, arrival.at)?;
        let window = Window::parse(request.query("from"), request.query("to"))?;
        let caller = self.store.resolve(&claims).await?;
        let events = self.store.events(&caller, window).await?;
        Ok(ApiResponse::json(200, &json!({"events": events})))
    }

    async fn add(&self, request: &ApiRequest, arrival: Arrival) -> Answer {
        let claims = self.audience.admit(request, arrival.at)?;
        let new = NewEvent::parse(&request.body()?)?;
        let caller = self.store.resolve(&claims).await?;
        Ok(ApiResponse::json(201, &self.store.add_event(&caller, &new).await?))
    }
}
