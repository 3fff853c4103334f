//! The caller's appointments; the function serves their family, their accounts and their links, too.

use second_brain_domain::calendar::{NewEvent, Window};
use second_brain_domain::family::KeepFamilies;
use second_brain_domain::person::KeepAccounts;
use second_brain_domain::ports::{AddEvent, EndLink, ListEvents, ListLinks, ResolveCaller};
use second_brain_http::{Answer, ApiRequest, ApiResponse, Arrival, Audience, Handle, Route};
use serde_json::json;

use crate::accounts::Accounts;
use crate::families::Families;
use crate::links::Links;

pub struct Calendar<S> {
    pub audience: Audience,
    pub store: S,
}

impl<S: ResolveCaller + ListEvents + AddEvent + ListLinks + EndLink + KeepFamilies + KeepAccounts> Handle
    for Calendar<S>
{
    const ROUTES: &'static [Route] = &[
        Route { method: "GET", resource: "/calendar" },
        Route { method: "POST", resource: "/calendar" },
        Route { method: "GET", resource: "/links" },
        Route { method: "DELETE", resource: "/links/{link_id}" },
        Route { method: "GET", resource: "/family" },
        Route { method: "POST", resource: "/family" },
        Route { method: "POST", resource: "/family/join" },
        Route { method: "POST", resource: "/family/leave" },
        Route { method: "GET", resource: "/family/invitations" },
        Route { method: "POST", resource: "/family/invitations" },
        Route { method: "DELETE", resource: "/family/invitations/{invitation_id}" },
        Route { method: "PUT", resource: "/family/members/{member_id}" },
        Route { method: "DELETE", resource: "/family/members/{member_id}" },
        Route { method: "GET", resource: "/person" },
        Route { method: "POST", resource: "/person/codes" },
        Route { method: "POST", resource: "/person/link" },
        Route { method: "POST", resource: "/person/confirm" },
        Route { method: "DELETE", resource: "/person/accounts/{account_id}" },
    ];

    async fn handle(&self, route: Route, request: &ApiRequest, arrival: Arrival) -> Answer {
        let links = Links { audience: &self.audience, store: &self.store };
        let accounts = Accounts { audience: &self.audience, store: &self.store };
        let families = Families { audience: &self.audience, store: &self.store };
        match (route.method, route.resource) {
            ("GET", "/calendar") => self.list(request, arrival).await,
            ("POST", "/calendar") => self.add(request, arrival).await,
            ("GET", "/links") => links.list(request, arrival).await,
            ("DELETE", "/links/{link_id}") => links.end(request, arrival).await,
            (_, resource) if resource.starts_with("/person") => {
                accounts.handle(route, request, arrival).await
            }
            _ => families.handle(route, request, arrival).await,
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
