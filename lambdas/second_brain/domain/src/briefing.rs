//! A person's day in a few sentences.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Serialize;
use serde_json::{Value, json};

use crate::caller::Caller;
use crate::failure::{Failure, Invalid};
use crate::local_time::day_window;
use crate::ports::{AgentRequest, AskAgent, Day, KeepBriefing, LastBriefing, ReadDay, Task};

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Briefing {
    pub date: Date,
    pub text: String,
    /// The agent did not write this text for this day just now.
    pub stale: bool,
}

pub struct BriefingDesk<'a, S, A> {
    pub store: &'a S,
    pub agent: &'a A,
}

impl<S: ReadDay + KeepBriefing + LastBriefing, A: AskAgent> BriefingDesk<'_, S, A> {
    /// Today's briefing: a new one, or the last that was kept when the agent does not answer.
    pub async fn brief(
        &self,
        caller: &Caller,
        now: Timestamp,
        within: Duration,
    ) -> Result<Briefing, Failure> {
        let today = now.to_zoned(caller.time_zone.clone()).date();
        let day = self.read(caller, today).await?;
        match self.agent.ask(&request(caller, today, &day), within).await {
            Ok(reply) => {
                self.store.keep(caller, today, &reply.answer).await?;
                Ok(Briefing { date: today, text: reply.answer, stale: false })
            }
            Err(failure) => self.fall_back(caller, today, &day, &failure).await,
        }
    }

    async fn fall_back(
        &self,
        caller: &Caller,
        today: Date,
        day: &Day,
        failure: &Failure,
    ) -> Result<Briefing, Failure> {
        tracing::warn!(reason = failure.chain(), "briefing without the agent");
        let kept = self.store.last(caller).await?;
        Ok(kept.map_or_else(
            || Briefing { date: today, text: plain_text(day, &caller.time_zone), stale: true },
            |kept| Briefing { date: kept.day, text: kept.text, stale: true },
        ))
    }
}

impl<S: ReadDay, A: AskAgent> BriefingDesk<'_, S, A> {
    /// A text for that day in any case: the agent's, or a plain list of what the day holds.
    pub async fn write(&self, caller: &Caller, date: Date, within: Duration) -> Result<String, Failure> {
        let day = self.read(caller, date).await?;
        let reply = self.agent.ask(&request(caller, date, &day), within).await;
        Ok(reply.map(|reply| reply.answer).unwrap_or_else(|failure| {
            tracing::warn!(reason = failure.chain(), "briefing without the agent");
            plain_text(&day, &caller.time_zone)
        }))
    }

    async fn read(&self, caller: &Caller, date: Date) -> Result<Day, Failure> {
        let window = day_window(date, &caller.time_zone)
            .ok_or_else(|| Invalid::new("date", "lies outside the calendar"))?;
        self.store.day(caller, window).await
    }
}

fn request(caller: &Caller, date: Date, day: &Day) -> AgentRequest {
    AgentRequest {
        task: Task::Briefing,
        prompt: format!("Brief me on my day, {date}."),
        family_id: caller.family,
        user_id: caller.user,
        time_zone: caller.time_zone.iana_name().unwrap_or("UTC").to_owned(),
        context: context(day),
    }
}

fn context(day: &Day) -> Value {
    let events: Vec<_> = day
        .events
        .iter()
        .map(|event| json!({"title": event.title, "starts_at": event.starts_at, "ends_at": event.ends_at}))
        .collect();
    let reminders: Vec<_> =
        day.reminders.iter().map(|found| json!({"text": found.text, "due_at": found.due_at})).collect();
    json!({"events": events, "reminders": reminders})
}

/// The day without an agent: what it holds, by the person's own clock.
pub fn plain_text(day: &Day, zone: &TimeZone) -> String {
    if day.events.is_empty() && day.reminders.is_empty() {
        return "Nothing is planned for today.".to_owned();
    }
    let line = |at: Timestamp, text: &str| format!("{} {text}", at.to_zoned(zone.clone()).strftime("%H:%M"));
    let events = day.events.iter().map(|event| line(event.starts_at, &event.title));
    let reminders = day.reminders.iter().map(|found| line(found.due_at, &found.text));
    events.chain(reminders).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use jiff::civil::date;
    use uuid::Uuid;

    use super::*;
    use crate::calendar::{Event, Window};
    use crate::caller::{FamilyId, UserId};
    use crate::ports::{AgentReply, StoredBriefing};

    const BOUND: Duration = Duration::from_secs(20);

    #[derive(Default)]
    struct Shelf {
        events: Vec<Event>,
        kept: RefCell<Vec<StoredBriefing>>,
        windows: RefCell<Vec<Window>>,
    }

    impl ReadDay for Shelf {
        async fn day(&self, _: &Caller, window: Window) -> Result<Day, Failure> {
            self.windows.borrow_mut().push(window);
            Ok(Day { events: self.events.clone(), reminders: Vec::new() })
        }
    }

    impl KeepBriefing for Shelf {
        async fn keep(&self, _: &Caller, day: Date, text: &str) -> Result<(), Failure> {
            self.kept.borrow_mut().push(StoredBriefing { day, text: text.to_owned() });
            Ok(())
        }
    }

    impl LastBriefing for Shelf {
        async fn last(&self, _: &Caller) -> Result<Option<StoredBriefing>, Failure> {
            Ok(self.kept.borrow().last().cloned())
        }
    }

    struct Agent(Option<&'static str>);

    impl AskAgent for Agent {
        async fn ask(&self, _: &AgentRequest, _: Duration) -> Result<AgentReply, Failure> {
            self.0
                .map(|answer| AgentReply { answer: answer.to_owned(), citations: Vec::new() })
                .ok_or(Failure::TooSlow { what: "the agent" })
        }
    }

    fn caller() -> Caller {
        Caller {
            user: UserId(Uuid::nil()),
            family: FamilyId(Uuid::nil()),
            time_zone: TimeZone::get("Pacific/Auckland").unwrap(),
        }
    }

    async fn brief(store: &Shelf, agent: Agent) -> Briefing {
        let now = "2026-11-20T12:00:00Z".parse().unwrap();
        BriefingDesk { store, agent: &agent }.brief(&caller(), now, BOUND).await.unwrap()
    }

    #[tokio::test]
    async fn the_day_is_the_callers_and_the_text_is_kept() {
        let shelf = Shelf::default();
        let briefing = brief(&shelf, Agent(Some("Quiet."))).await;
        assert_eq!((briefing.date, briefing.stale), (date(2026, 11, 21), false));
        assert_eq!(shelf.kept.borrow()[0].text, "Quiet.");
        assert_eq!(shelf.windows.borrow()[0].from.to_string(), "2026-11-20T11:00:00Z");
    }

    #[tokio::test]
    async fn a_slow_agent_yields_the_last_text_as_stale() {
        let shelf = Shelf::default();
        shelf.kept.borrow_mut().push(StoredBriefing { day: date(2026, 11, 19), text: "Old.".to_owned() });
        let briefing = brief(&shelf, Agent(None)).await;
        assert_eq!(briefing, Briefing { date: date(2026, 11, 19), text: "Old.".to_owned(), stale: true });
        assert_eq!(shelf.kept.borrow().len(), 1);
    }

    #[tokio::test]
    async fn with_nothing_kept_the_plain_day_is_told() {
        let starts_at: Timestamp = "2026-11-20T20:30:00Z".parse().unwrap();
        let event = Event {
            id: Uuid::nil(),
            title: "Dentist".into(),
            starts_at,
            ends_at: starts_at,
            external: false,
        };
        let shelf = Shelf { events: vec![event], ..Shelf::default() };
        let briefing = brief(&shelf, Agent(None)).await;
        assert_eq!((briefing.text.as_str(), briefing.stale), ("09:30 Dentist", true));
        assert!(shelf.kept.borrow().is_empty());
    }
}
