//! One feed from its server: bounded in time, size and redirections, and never from inside the network.

use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Request, StatusCode, Uri, header};
use second_brain_domain::feed::ExternalCalendar;
use second_brain_outbound::{Bounds, GuardedOutbound, Reply, Trust};

use super::FeedError;

pub const WITHIN: Duration = Duration::from_secs(15);
const LARGEST_FEED: usize = 4 << 20;
const REDIRECTIONS: usize = 3;
const LONGEST_ETAG: usize = 1000;

pub enum Fetched {
    Unchanged,
    Feed { text: String, etag: Option<String> },
}

pub async fn fetch(
    outbound: &GuardedOutbound,
    trust: &Trust,
    calendar: &ExternalCalendar,
) -> Result<Fetched, FeedError> {
    let until = Instant::now() + WITHIN;
    let mut address = parsed(&calendar.url)?;
    for _ in 0..=REDIRECTIONS {
        let request = request(&address, trust, calendar.etag.as_deref())?;
        let within = until.saturating_duration_since(Instant::now());
        let reply = outbound.send(request, Bounds { within, bytes: LARGEST_FEED }).await?;
        match redirection(&reply, &address)? {
            Some(next) => address = next,
            None => return taken(reply),
        }
    }
    Err(FeedError::Redirections(REDIRECTIONS))
}

fn request(address: &Uri, trust: &Trust, etag: Option<&str>) -> Result<Request<Bytes>, FeedError> {
    let host = address.host().ok_or(FeedError::Address("it names no host"))?;
    if !matches!(address.scheme_str(), Some("http" | "https")) {
        return Err(FeedError::Address("only http and https are read"));
    }
    if !trust.admits(host) {
        return Err(FeedError::Address("the host is not on the public internet"));
    }
    let mut request = Request::get(address.clone())
        .header(header::ACCEPT, "text/calendar")
        .header(header::USER_AGENT, "second-brain-calendar-sync");
    if let Some(etag) = etag {
        request = request.header(header::IF_NONE_MATCH, etag);
    }
    request.body(Bytes::new()).map_err(|_| FeedError::Address("it is no URL"))
}

fn redirection(reply: &Reply, from: &Uri) -> Result<Option<Uri>, FeedError> {
    if !reply.status.is_redirection() || reply.status == StatusCode::NOT_MODIFIED {
        return Ok(None);
    }
    let location = reply.headers.get(header::LOCATION).and_then(|location| location.to_str().ok());
    let location = location.ok_or(FeedError::Address("it redirects nowhere"))?;
    if location.starts_with('/') && !location.starts_with("//") {
        let mut parts = from.clone().into_parts();
        parts.path_and_query = location.parse().ok();
        return Uri::from_parts(parts).map(Some).map_err(|_| FeedError::Address("it redirects to no URL"));
    }
    parsed(location).map(Some)
}

fn taken(reply: Reply) -> Result<Fetched, FeedError> {
    match reply.status {
        StatusCode::NOT_MODIFIED => Ok(Fetched::Unchanged),
        status if status.is_success() => {
            let etag = reply.headers.get(header::ETAG).and_then(|etag| etag.to_str().ok());
            let etag = etag.filter(|etag| etag.len() <= LONGEST_ETAG).map(str::to_owned);
            Ok(Fetched::Feed { text: String::from_utf8_lossy(&reply.body).into_owned(), etag })
        }
        status => Err(FeedError::Status(status)),
    }
}

fn parsed(url: &str) -> Result<Uri, FeedError> {
    url.parse().map_err(|_| FeedError::Address("it is no URL"))
}
