//! External calendars, copied event by event.
//!
//! One calendar that cannot be read is counted and remembered with its reason; the others go on.

mod fetch;
mod icalendar;
mod recurrence;
mod zones;

use futures_util::stream::{self, StreamExt};
use jiff::Timestamp;
use second_brain_domain::Failure;
use second_brain_domain::calendar::Window;
use second_brain_domain::feed::{ExternalCalendar, FeedEvent};
use second_brain_outbound::{GuardedOutbound, Trust};
use second_brain_store::{Database, Job};

use crate::Budget;
use fetch::Fetched;

const AT_A_TIME: usize = 4;
const DAYS_BACK: i64 = 30;
const DAYS_AHEAD: i64 = 365;

#[derive(Debug, thiserror::Error)]
pub enum FeedError {
    #[error("the address cannot be used: {0}")]
    Address(&'static str),
    #[error(transparent)]
    Fetch(#[from] second_brain_outbound::OutboundError),
    #[error("the server answered with status {0}")]
    Status(http::StatusCode),
    #[error("more than {0} redirections")]
    Redirections(usize),
    #[error("this is no iCalendar feed")]
    NoCalendar,
    #[error("more than {0} events")]
    TooMany(usize),
}

pub struct CalendarSync {
    database: Database,
    outbound: GuardedOutbound,
    trust: Trust,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Synced {
    pub synced: usize,
    pub failed: usize,
}

/// What a calendar's server said, made into events.
enum News {
    Unchanged,
    Events { events: Vec<FeedEvent>, etag: Option<String> },
}

impl CalendarSync {
    pub fn new(database: Database, trust: Trust) -> Self {
        Self { database, outbound: GuardedOutbound::new(trust.clone()), trust }
    }

    pub async fn run(&self, now: Timestamp, budget: &Budget) -> Result<Synced, Failure> {
        let outcome = self.database.alone(Job::CalendarSync, async || self.sync(now, budget).await);
        Ok(outcome.await?.unwrap_or_default())
    }

    /// Calendars that do not fit into the invocation are the first ones of the next.
    async fn sync(&self, now: Timestamp, budget: &Budget) -> Result<Synced, Failure> {
        let calendars = self.database.external_calendars().await?;
        let in_time = |_: &&ExternalCalendar| std::future::ready(budget.allows(fetch::WITHIN));
        let mut news = stream::iter(&calendars)
            .take_while(in_time)
            .map(|calendar| async move { (calendar, self.news(calendar, now).await) })
            .buffer_unordered(AT_A_TIME);
        let mut count = Synced::default();
        while let Some((calendar, news)) = news.next().await {
            if self.settle(calendar, news, now).await? { count.synced += 1 } else { count.failed += 1 }
        }
        Ok(count)
    }

    async fn news(&self, calendar: &ExternalCalendar, now: Timestamp) -> Result<News, FeedError> {
        match fetch::fetch(&self.outbound, &self.trust, calendar).await? {
            Fetched::Unchanged => Ok(News::Unchanged),
            Fetched::Feed { text, etag } => {
                let window = Window::around(now, DAYS_BACK, DAYS_AHEAD);
                Ok(News::Events { events: icalendar::events(&text, window)?, etag })
            }
        }
    }

    async fn settle(
        &self,
        calendar: &ExternalCalendar,
        news: Result<News, FeedError>,
        now: Timestamp,
    ) -> Result<bool, Failure> {
        let stored = match news {
            Ok(News::Unchanged) => self.database.mark_synced(calendar, calendar.etag.as_deref(), now).await,
            Ok(News::Events { events, etag }) => {
                self.database.copy_feed(calendar, &events, etag.as_deref(), now).await
            }
            Err(error) => return self.give_up(calendar, &error.to_string(), now).await,
        };
        match stored {
            Ok(()) => Ok(true),
            Err(failure) => {
                tracing::error!(reason = failure.chain(), "a calendar's events could not be kept");
                self.give_up(calendar, &failure.to_string(), now).await
            }
        }
    }

    async fn give_up(
        &self,
        calendar: &ExternalCalendar,
        reason: &str,
        now: Timestamp,
    ) -> Result<bool, Failure> {
        tracing::warn!(calendar = %calendar.id, reason, "a calendar was not synced");
        self.database.mark_failed(calendar, reason, now).await?;
        Ok(false)
    }
}
