//! What the slash commands do.

use std::rc::Rc;
use std::time::Duration;

use jiff::Timestamp;
use ring::digest::{SHA256, digest};
use second_brain_aws::{agent::Agent, embeddings::Embeddings, places::Places};
use second_brain_domain::answering::{Answer, Answering, Question};
use second_brain_domain::briefing::BriefingDesk;
use second_brain_domain::entity::{EntityId, NewEntity};
use second_brain_domain::ingesting::Ingesting;
use second_brain_domain::{Caller, Failure};
use second_brain_store::{Database, LinkedAs, Provider};
use uuid::Builder;

use crate::discord::DiscordApi;
use crate::linking::Linking;
use crate::webhook::FollowUp;

const AGENT_BOUND: Duration = Duration::from_secs(20);
const KNOWN: &str = "I know /ask, /note, /briefing and /link.";
const STRANGER: &str = "I do not know you yet. Link your account with /link.";
const SORRY: &str = "That did not work. Please try again later.";

pub struct Commands {
    pub database: Rc<Database>,
    pub meanings: Embeddings,
    pub places: Places,
    pub agent: Agent,
    pub linking: Rc<Linking>,
    pub discord: DiscordApi,
}

impl Commands {
    /// Does the command and tells what came of it. It fails only when nobody could be told.
    pub async fn follow_up(&self, work: &FollowUp, now: Timestamp) -> Result<(), Failure> {
        let text = match self.perform(work, now).await {
            Ok(text) => text,
            Err(Failure::Invalid(invalid)) => invalid.to_string(),
            Err(failure) => {
                tracing::error!(reason = failure.chain(), "a command failed");
                SORRY.to_owned()
            }
        };
        self.discord.follow_up(&work.application, &work.token, &text).await
    }

    async fn perform(&self, work: &FollowUp, now: Timestamp) -> Result<String, Failure> {
        if work.command == "link" {
            let address = self.linking.begin(&work.person, &work.redirect_uri).await?;
            return Ok(format!("Sign in within ten minutes to link this account: <{address}>"));
        }
        let account = LinkedAs { provider: Provider::Discord, external_id: &work.person };
        let Some(caller) = self.database.linked(&account).await? else {
            return Ok(STRANGER.to_owned());
        };
        match work.command.as_str() {
            "ask" => self.ask(&caller, &work.text).await,
            "note" => self.note(&caller, work).await,
            "briefing" => self.brief(&caller, now).await,
            _ => Ok(KNOWN.to_owned()),
        }
    }

    async fn ask(&self, caller: &Caller, text: &str) -> Result<String, Failure> {
        let question = Question::asked(text)?;
        let answering =
            Answering { meanings: &self.meanings, entities: self.database.as_ref(), agent: &self.agent };
        let Answer { answer, .. } = answering.answer(caller, &question, AGENT_BOUND).await?;
        Ok(answer)
    }

    async fn note(&self, caller: &Caller, work: &FollowUp) -> Result<String, Failure> {
        let note = NewEntity::note(&work.text)?;
        let ingesting =
            Ingesting { meanings: &self.meanings, places: &self.places, entities: self.database.as_ref() };
        ingesting.ingest(id_of(work), caller, &note).await?;
        Ok("I have kept that.".to_owned())
    }

    async fn brief(&self, caller: &Caller, now: Timestamp) -> Result<String, Failure> {
        let desk = BriefingDesk { store: self.database.as_ref(), agent: &self.agent };
        Ok(desk.brief(caller, now, AGENT_BOUND).await?.text)
    }
}

/// The same interaction makes the same id, so that a second attempt keeps one note.
fn id_of(work: &FollowUp) -> EntityId {
    let hash = digest(&SHA256, format!("discord/{}", work.interaction).as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.as_ref()[..16]);
    EntityId(Builder::from_custom_bytes(bytes).into_uuid())
}
