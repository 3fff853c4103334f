//! The scheduled functions on a real database: nothing goes out twice, nothing is lost.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends")]

use std::cell::{Cell, RefCell};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use event_triggers::Budget;
use event_triggers::briefing_dispatcher::Dispatcher;
use event_triggers::reminder_evaluator::Evaluator;
use jiff::Timestamp;
use second_brain_domain::ports::{AgentReply, AgentRequest, AskAgent, Notification, Publish, ResolveCaller};
use second_brain_domain::{Caller, Claims, Failure};
use second_brain_runtime::Context;
use second_brain_store::Database;
use second_brain_testing::{Login, TestDatabase, somebody};

struct Agent;

impl AskAgent for Agent {
    async fn ask(&self, request: &AgentRequest, _: Duration) -> Result<AgentReply, Failure> {
        Ok(AgentReply { answer: format!("For {}", request.user_id.0), citations: Vec::new() })
    }
}

/// Remembers what was published; refuses the first so many messages.
#[derive(Default)]
struct Topic {
    published: RefCell<Vec<String>>,
    refuse: Cell<usize>,
}

impl Publish for &Topic {
    async fn publish(&self, notification: &Notification<'_>) -> Result<(), Failure> {
        if self.refuse.get() > 0 {
            self.refuse.set(self.refuse.get() - 1);
            return Err(Failure::TooSlow { what: "the topic" });
        }
        self.published.borrow_mut().push(notification.id.clone());
        Ok(())
    }
}

fn budget(left: Duration) -> Budget {
    let deadline = SystemTime::now().duration_since(UNIX_EPOCH).unwrap() + left;
    let mut context = Context::default();
    context.deadline = u64::try_from(deadline.as_millis()).unwrap();
    Budget::of(context)
}

fn enough() -> Budget {
    budget(Duration::from_secs(300))
}

fn at(moment: &str) -> Timestamp {
    moment.parse().unwrap()
}

async fn person(database: &Database, zone: &str) -> Caller {
    database.resolve(&Claims { time_zone: Some(zone.into()), ..somebody() }).await.unwrap()
}

fn dispatcher<'a>(test: &TestDatabase, topic: &'a Topic) -> Dispatcher<Agent, &'a Topic> {
    Dispatcher { database: test.open_as(Login::Jobs), agent: Agent, people: topic }
}

#[tokio::test]
async fn a_dispatcher_that_runs_twice_sends_once() {
    let test = TestDatabase::create().await;
    let (topic, database) = (Topic::default(), test.open());
    let berlin = person(&database, "Europe/Berlin").await;
    person(&database, "America/New_York").await;
    let now = at("2026-11-20T06:05:00Z");
    for dispatched in [1, 0] {
        assert_eq!(dispatcher(&test, &topic).run(now, &enough()).await.unwrap(), dispatched);
    }
    assert_eq!(*topic.published.borrow(), [format!("briefing/{}/2026-11-20", berlin.user.0)]);
    assert_eq!(dispatcher(&test, &topic).run(at("2026-11-20T12:00:00Z"), &enough()).await.unwrap(), 1);
}

#[tokio::test]
async fn two_dispatchers_at_the_same_moment_send_once() {
    let test = TestDatabase::create().await;
    let (topic, database) = (Topic::default(), test.open());
    for _ in 0..5 {
        person(&database, "Asia/Kolkata").await;
    }
    let now = at("2026-11-20T01:30:00Z");
    let (left, right) = (dispatcher(&test, &topic), dispatcher(&test, &topic));
    let (left_budget, right_budget) = (enough(), enough());
    let (one, other) = tokio::join!(left.run(now, &left_budget), right.run(now, &right_budget));
    assert_eq!(one.unwrap() + other.unwrap(), 5);
    assert_eq!(topic.published.borrow().len(), 5);
}

#[tokio::test]
async fn what_could_not_be_published_fails_the_run_and_goes_out_with_the_next() {
    let test = TestDatabase::create().await;
    let (topic, database) = (Topic::default(), test.open());
    for _ in 0..3 {
        person(&database, "Europe/Berlin").await;
    }
    topic.refuse.set(1);
    let now = at("2026-11-20T06:05:00Z");
    assert!(dispatcher(&test, &topic).run(now, &enough()).await.is_err());
    assert_eq!(topic.published.borrow().len(), 2);
    assert_eq!(dispatcher(&test, &topic).run(now, &enough()).await.unwrap(), 1);
    assert_eq!(topic.published.borrow().len(), 3);
}

#[tokio::test]
async fn without_time_nothing_is_begun_and_the_run_says_so() {
    let test = TestDatabase::create().await;
    let (topic, database) = (Topic::default(), test.open());
    person(&database, "Europe/Berlin").await;
    let now = at("2026-11-20T06:05:00Z");
    assert!(dispatcher(&test, &topic).run(now, &budget(Duration::from_secs(15))).await.is_err());
    assert!(topic.published.borrow().is_empty());
}

#[tokio::test]
async fn a_due_reminder_goes_out_once_and_a_later_one_waits() {
    let test = TestDatabase::create().await;
    let (topic, database) = (Topic::default(), test.open());
    let caller = person(&database, "UTC").await;
    let insert = "insert into reminders (family_id, user_id, text, due_at) values ($1, $2, $3, $4)";
    for (text, due) in [("due", "2026-11-20T09:00:00Z"), ("later", "2026-11-20T09:15:01Z")] {
        test.owner.execute(insert, &[&caller.family.0, &caller.user.0, &text, &at(due)]).await.unwrap();
    }
    let evaluator = Evaluator { database: test.open_as(Login::Jobs), people: &topic };
    topic.refuse.set(1);
    let now = at("2026-11-20T09:15:00Z");
    assert!(evaluator.run(now, &enough()).await.is_err());
    for sent in [1, 0] {
        assert_eq!(evaluator.run(now, &enough()).await.unwrap(), sent);
    }
    assert_eq!(evaluator.run(at("2026-11-20T09:30:00Z"), &enough()).await.unwrap(), 1);
    assert_eq!(topic.published.borrow().len(), 2);
}
