//! The hourly briefing: everybody whose briefing hour it is gets theirs, once a day.
//!
//! The database knows the zones and hours that people live in, a few hundred pairs at most; which of
//! them are due is decided here, where the clocks' changes are known. Texts are written for several
//! people at a time, since that is the agent's time; they go out one by one.

use std::time::Duration;

use futures_util::stream::{self, StreamExt};
use jiff::Timestamp;
use second_brain_domain::Failure;
use second_brain_domain::briefing::BriefingDesk;
use second_brain_domain::caller::known_time_zone;
use second_brain_domain::local_time::due_day;
use second_brain_domain::ports::{AskAgent, Notification, NotificationKind, Publish};
use second_brain_store::{Database, DueBriefing, Job};

use crate::{Budget, all_done};

const AGENT_BOUND: Duration = Duration::from_secs(20);
const AT_A_TIME: usize = 8;

pub struct Dispatcher<A, P> {
    pub database: Database,
    pub agent: A,
    pub people: P,
}

impl<A: AskAgent, P: Publish> Dispatcher<A, P> {
    /// How many briefings went out.
    pub async fn run(&self, now: Timestamp, budget: &Budget) -> Result<usize, Failure> {
        let outcome = self.database.alone(Job::BriefingDispatcher, async || self.dispatch(now, budget).await);
        Ok(outcome.await?.unwrap_or(0))
    }

    async fn dispatch(&self, now: Timestamp, budget: &Budget) -> Result<usize, Failure> {
        let due = self.due(now).await?;
        let in_time = |_: &&DueBriefing| std::future::ready(budget.allows(AGENT_BOUND));
        let mut texts =
            stream::iter(&due).take_while(in_time).map(|due| self.written(due)).buffer_unordered(AT_A_TIME);
        let (mut sent, mut settled) = (0, 0);
        while let Some((due, text)) = texts.next().await {
            match self.send(due, text, now).await {
                Ok(was_new) => (sent, settled) = (sent + usize::from(was_new), settled + 1),
                Err(failure) => tracing::error!(reason = failure.chain(), "a briefing did not go out"),
            }
        }
        tracing::info!(sent, due = due.len(), "briefings went out");
        all_done(due.len() - settled, "the dispatch of briefings")?;
        Ok(sent)
    }

    async fn due(&self, now: Timestamp) -> Result<Vec<DueBriefing>, Failure> {
        let mut due = Vec::new();
        for hour in self.database.briefing_hours().await? {
            let day = known_time_zone(&hour.time_zone)
                .zip(i8::try_from(hour.hour).ok())
                .and_then(|(zone, hour)| due_day(now, &zone, hour));
            if let Some(day) = day {
                due.extend(self.database.waiting(&hour, day).await?);
            }
        }
        Ok(due)
    }

    async fn written<'a>(&self, due: &'a DueBriefing) -> (&'a DueBriefing, Result<String, Failure>) {
        let desk = BriefingDesk { store: &self.database, agent: &self.agent };
        (due, desk.write(&due.caller, due.day, AGENT_BOUND).await)
    }

    async fn send(
        &self,
        due: &DueBriefing,
        text: Result<String, Failure>,
        now: Timestamp,
    ) -> Result<bool, Failure> {
        let text = text?;
        let notification = Notification {
            kind: NotificationKind::Briefing,
            id: format!("briefing/{}/{}", due.caller.user.0, due.day),
            user_id: due.caller.user,
            text: &text,
        };
        let publish = async || self.people.publish(&notification).await;
        self.database.dispatch_once(due, &text, now, publish).await
    }
}
