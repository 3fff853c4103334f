//! From the event to the handler and back.

use std::time::Instant;

use jiff::Timestamp;
use second_brain_domain::Failure;
use second_brain_runtime::{Context, Error, Fault, MissingSetting, run};
use serde_json::json;

use crate::cors::Cors;
use crate::request::ApiRequest;
use crate::response::ApiResponse;

/// One method on one resource, spelt as in the API's own definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Route {
    pub method: &'static str,
    pub resource: &'static str,
}

pub type Answer = Result<ApiResponse, Failure>;

/// What a function does with the requests of its routes.
#[expect(async_fn_in_trait, reason = "a Lambda environment runs one request at a time on one thread")]
pub trait Handle {
    const ROUTES: &'static [Route];

    async fn handle(&self, route: Route, request: &ApiRequest, arrival: Arrival) -> Answer;
}

/// When the request came, by both clocks.
#[derive(Debug, Clone, Copy)]
pub struct Arrival {
    pub at: Timestamp,
    pub measured: Instant,
}

/// Makes the function's parts and serves its routes until the environment ends.
pub fn serve<H: Handle>(prepare: impl AsyncFnOnce() -> Result<H, MissingSetting>) -> Result<(), Error> {
    run(async || {
        let handler = prepare().await?;
        let cors = Cors::from_environment();
        Ok(async move |request: ApiRequest, _: Context| {
            Ok::<_, Fault>(answer(&handler, &cors, &request).await)
        })
    })
}

/// One request, whatever becomes of it.
pub async fn answer<H: Handle>(handler: &H, cors: &Cors, request: &ApiRequest) -> ApiResponse {
    let request_id = &request.request_context.request_id;
    let arrival = Arrival { at: Timestamp::now(), measured: Instant::now() };
    let mut response = match route(H::ROUTES, request) {
        Some(route) => handler.handle(route, request, arrival).await.unwrap_or_else(|failure| {
            note(&failure, request_id);
            ApiResponse::of_failure(&failure, request_id)
        }),
        None => no_route(H::ROUTES, request),
    };
    response.headers.insert("x-request-id", request_id.clone());
    response.headers.insert("vary", "Origin".to_owned());
    if let Some(origin) = cors.allowed(request.header("origin")) {
        response.headers.insert("access-control-allow-origin", origin);
    }
    let milliseconds = u64::try_from(arrival.measured.elapsed().as_millis()).unwrap_or(u64::MAX);
    tracing::info!(
        request_id,
        resource = request.resource,
        status = response.status_code,
        milliseconds,
        "answered"
    );
    response
}

fn route(routes: &[Route], request: &ApiRequest) -> Option<Route> {
    let named = |route: &&Route| route.method == request.http_method && route.resource == request.resource;
    routes.iter().find(named).copied()
}

fn no_route(routes: &[Route], request: &ApiRequest) -> ApiResponse {
    let methods: Vec<_> =
        routes.iter().filter(|route| route.resource == request.resource).map(|route| route.method).collect();
    let (status, code) = if methods.is_empty() { (404, "not_found") } else { (405, "method_not_allowed") };
    let error = json!({"code": code, "message": "there is no such route"});
    let mut response =
        ApiResponse::json(status, &json!({"error": error, "request_id": request.request_context.request_id}));
    if !methods.is_empty() {
        response.headers.insert("allow", methods.join(", "));
    }
    response
}

/// The caller's own mistakes are information; ours are errors.
fn note(failure: &Failure, request_id: &str) {
    match failure {
        Failure::Busy { .. } | Failure::Unavailable { .. } | Failure::TooSlow { .. } => {
            tracing::error!(request_id, reason = failure.chain(), "could not answer");
        }
        refused => tracing::info!(request_id, code = second_brain_runtime::name(refused), "refused"),
    }
}
