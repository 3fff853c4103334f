//! Reminders whose time has come.

use std::time::Duration;

use jiff::Timestamp;
use second_brain_domain::Failure;
use second_brain_domain::ports::{Notification, NotificationKind, Publish};
use second_brain_domain::reminder::Reminder;
use second_brain_store::{Database, Job};

use crate::{Budget, all_done};

const ONE_TAKES: Duration = Duration::from_secs(10);

pub struct Evaluator<P> {
    pub database: Database,
    pub people: P,
}

impl<P: Publish> Evaluator<P> {
    /// How many reminders went out.
    pub async fn run(&self, now: Timestamp, budget: &Budget) -> Result<usize, Failure> {
        let outcome = self.database.alone(Job::ReminderEvaluator, async || self.evaluate(now, budget).await);
        Ok(outcome.await?.unwrap_or(0))
    }

    async fn evaluate(&self, now: Timestamp, budget: &Budget) -> Result<usize, Failure> {
        let mut sent = 0;
        loop {
            let due = self.database.due_reminders(now).await?;
            if due.is_empty() {
                return Ok(sent);
            }
            let (went_out, settled) = self.send_all(&due, now, budget).await;
            sent += went_out;
            tracing::info!(sent, due = due.len(), "reminders went out");
            all_done(due.len() - settled, "the sending of reminders")?;
        }
    }

    /// How many went out now, and how many need no other attempt.
    async fn send_all(&self, due: &[Reminder], now: Timestamp, budget: &Budget) -> (usize, usize) {
        let (mut sent, mut settled) = (0, 0);
        for reminder in due {
            if !budget.allows(ONE_TAKES) {
                break;
            }
            match self.send(reminder, now).await {
                Ok(was_new) => (sent, settled) = (sent + usize::from(was_new), settled + 1),
                Err(failure) => tracing::error!(reason = failure.chain(), "a reminder did not go out"),
            }
        }
        (sent, settled)
    }

    async fn send(&self, reminder: &Reminder, now: Timestamp) -> Result<bool, Failure> {
        let notification = Notification {
            kind: NotificationKind::Reminder,
            id: format!("reminder/{}", reminder.id),
            user_id: reminder.user,
            text: &reminder.text,
        };
        let publish = async || self.people.publish(&notification).await;
        self.database.send_once(reminder, now, publish).await
    }
}
