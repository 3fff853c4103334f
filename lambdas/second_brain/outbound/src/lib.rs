//! HTTP requests to others: always bounded in time and in the size of the answer.

mod guard;

use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode, header::HeaderMap};
use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

pub use guard::{GuardedResolver, Trust};

/// What is percent-encoded in a part of a path or a query: all but RFC 3986's unreserved characters.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// One part of a path or a query, such that nothing in it ends the part.
pub fn encoded(part: &str) -> String {
    utf8_percent_encode(part, RESERVED).to_string()
}

const CONNECT_WITHIN: Duration = Duration::from_secs(3);
const CLOSE_IDLE_AFTER: Duration = Duration::from_secs(60);

/// How long to wait and how much to take.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    pub within: Duration,
    pub bytes: usize,
}

#[derive(Debug, thiserror::Error)]
pub enum OutboundError {
    #[error("no answer within {0:?}")]
    TooSlow(Duration),
    #[error("the answer is larger than {0} bytes")]
    TooLarge(usize),
    #[error("the request failed")]
    Request(#[from] hyper_util::client::legacy::Error),
    #[error("the answer broke off")]
    Body(#[source] Box<dyn std::error::Error + Send + Sync>),
}

#[derive(Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// Connections to anybody, verified against Mozilla's root certificates and kept for the next call.
#[derive(Clone)]
pub struct Outbound(Client<HttpsConnector<HttpConnector>, Full<Bytes>>);

impl Outbound {
    pub fn new() -> Self {
        Self(client(HttpConnector::new()))
    }

    pub async fn send(&self, request: Request<Bytes>, bounds: Bounds) -> Result<Reply, OutboundError> {
        bounded(self.0.request(request.map(Full::new)), bounds).await
    }
}

impl Default for Outbound {
    fn default() -> Self {
        Self::new()
    }
}

/// Connections to addresses that a person named: only ever to the public internet (see `guard`).
pub struct GuardedOutbound(Client<HttpsConnector<HttpConnector<GuardedResolver>>, Full<Bytes>>);

impl GuardedOutbound {
    pub fn new(trust: Trust) -> Self {
        Self(client(HttpConnector::new_with_resolver(GuardedResolver::new(trust))))
    }

    pub async fn send(&self, request: Request<Bytes>, bounds: Bounds) -> Result<Reply, OutboundError> {
        bounded(self.0.request(request.map(Full::new)), bounds).await
    }
}

fn client<R>(mut tcp: HttpConnector<R>) -> Client<HttpsConnector<HttpConnector<R>>, Full<Bytes>>
where
    HttpConnector<R>:
        Clone + hyper_util::client::legacy::connect::Connect + tower_service::Service<http::Uri>,
    HttpsConnector<HttpConnector<R>>: hyper_util::client::legacy::connect::Connect + Clone,
{
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp.set_connect_timeout(Some(CONNECT_WITHIN));
    let tls =
        HttpsConnectorBuilder::new().with_webpki_roots().https_or_http().enable_http1().wrap_connector(tcp);
    Client::builder(TokioExecutor::new())
        .pool_idle_timeout(CLOSE_IDLE_AFTER)
        .pool_timer(hyper_util::rt::TokioTimer::new())
        .build(tls)
}

async fn bounded(
    response: hyper_util::client::legacy::ResponseFuture,
    bounds: Bounds,
) -> Result<Reply, OutboundError> {
    tokio::time::timeout(bounds.within, collected(response, bounds.bytes))
        .await
        .map_err(|_| OutboundError::TooSlow(bounds.within))?
}

async fn collected(
    response: hyper_util::client::legacy::ResponseFuture,
    limit: usize,
) -> Result<Reply, OutboundError> {
    let (head, body) = response.await?.into_parts();
    let body = Limited::new(body, limit).collect().await.map_err(|error| {
        if error.is::<http_body_util::LengthLimitError>() {
            OutboundError::TooLarge(limit)
        } else {
            OutboundError::Body(error)
        }
    })?;
    Ok(Reply { status: head.status, headers: head.headers, body: body.to_bytes() })
}
