//! What the skill says to which request.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use second_brain_domain::answering::{Answering, Question};
use second_brain_domain::briefing::BriefingDesk;
use second_brain_domain::entity::{EntityId, NewEntity};
use second_brain_domain::ingesting::Ingesting;
use second_brain_domain::ports::{AskAgent, Embed, FindPlace};
use second_brain_domain::{Caller, Failure};
use second_brain_runtime::Fault;
use second_brain_store::Database;
use serde_json::Value;
use uuid::Uuid;

use crate::account::{Account, Accounts};
use crate::speech::{Intent, SkillRequest, Speech};

/// Of Alexa's eight seconds: when the agent is given up, and when everything is.
const AGENT_UNTIL: Duration = Duration::from_millis(5500);
const ANSWER_UNTIL: Duration = Duration::from_secs(6);

pub struct Skill<M, P, A> {
    pub id: String,
    pub database: Database,
    pub accounts: Accounts,
    pub meanings: M,
    pub places: P,
    pub agent: A,
}

impl<M: Embed, P: FindPlace, A: AskAgent> Skill<M, P, A> {
    /// `left` is the time until the runtime ends the invocation.
    pub async fn handle(&self, request: &SkillRequest, left: Duration) -> Result<Value, Fault> {
        if request.skill_id() != self.id {
            return Err(Fault::new("SkillRefused", "this function belongs to another skill"));
        }
        let began = Instant::now();
        let bound = ANSWER_UNTIL.min(left);
        let speech = match tokio::time::timeout(bound, self.speak(request, began)).await {
            Ok(Ok(speech)) => speech,
            Ok(Err(Failure::Invalid(_))) => Speech::Ask("I did not catch that. Please say it again.".into()),
            Ok(Err(failure)) => {
                tracing::error!(reason = failure.chain(), "the skill could not answer");
                Speech::Tell("I cannot reach your notes right now. Please try again later.".into())
            }
            Err(_) => {
                tracing::warn!("the skill ran out of time");
                Speech::Tell("That takes longer than I may talk. Please ask me again in a moment.".into())
            }
        };
        Ok(speech.response())
    }

    async fn speak(&self, request: &SkillRequest, began: Instant) -> Result<Speech, Failure> {
        match request.request.kind.as_str() {
            "LaunchRequest" => Ok(Speech::Ask(
                "Welcome to Second Brain. Ask me about your notes, tell me what to remember, or ask for your \
                 briefing."
                    .into(),
            )),
            "IntentRequest" => self.intent(request, began).await,
            _ => Ok(Speech::Silence),
        }
    }

    async fn intent(&self, request: &SkillRequest, began: Instant) -> Result<Speech, Failure> {
        let intent = &request.request.intent;
        match intent.name.as_str() {
            "AskIntent" | "RememberIntent" | "BriefingIntent" => {
                let now = Timestamp::now();
                match self.accounts.find(&self.database, request.access_token(), now).await? {
                    Account::Person(caller) => self.serve(intent, &caller, now, began).await,
                    Account::Stranger => {
                        Ok(Speech::Tell("Please open the Second Brain app once before you use me here.".into()))
                    }
                    Account::Unlinked => Ok(Speech::LinkAccount(
                        "Please link your Second Brain account in the Alexa app first.".into(),
                    )),
                }
            }
            "AMAZON.StopIntent" | "AMAZON.CancelIntent" | "AMAZON.NavigateHomeIntent" => {
                Ok(Speech::Tell("Goodbye.".into()))
            }
            _ => Ok(Speech::Ask(
                "You can say: ask where the boiler key is; remember that the car is in row seven; or: brief me.".into(),
            )),
        }
    }

    async fn serve(
        &self,
        intent: &Intent,
        caller: &Caller,
        now: Timestamp,
        began: Instant,
    ) -> Result<Speech, Failure> {
        let within = AGENT_UNTIL.saturating_sub(began.elapsed());
        match intent.name.as_str() {
            "AskIntent" => {
                let question = Question::asked(intent.slot("question"))?;
                let answering =
                    Answering { meanings: &self.meanings, entities: &self.database, agent: &self.agent };
                Ok(Speech::Tell(answering.answer(caller, &question, within).await?.answer))
            }
            "RememberIntent" => {
                let note = NewEntity::note(intent.slot("text"))?;
                let ingesting =
                    Ingesting { meanings: &self.meanings, places: &self.places, entities: &self.database };
                ingesting.ingest(EntityId(Uuid::new_v4()), caller, &note).await?;
                Ok(Speech::Tell("I will remember that.".into()))
            }
            _ => {
                let desk = BriefingDesk { store: &self.database, agent: &self.agent };
                Ok(Speech::Tell(desk.brief(caller, now, within).await?.text))
            }
        }
    }
}
