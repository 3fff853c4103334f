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
use second_brain_store::{Database, ExternalAccount, Provider};
use uuid::Builder;

use crate::discord::DiscordApi;
use crate::linking::Linking;
use crate::webhook::FollowUp;

const AGENT_BOUND: Duration = Duration::from_secs(20);
const KNOWN: &str = "I know /ask, /note, /briefing, /link and /unlink.";
const STRANGER: &str = "I do not know you yet. Link your account with /link.";
const LINKED: &str = "This account now speaks for you at Second Brain, until you type /unlink.";
const NO_SUCH_CODE: &str =
    "That code is not valid, or no longer. /link begins again; after five wrong codes it has to.";
const UNLINKED: &str = "This account is not linked any more.";
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
        let linked = self.database.linked(Provider::Discord, &work.person).await?;
        match work.command.as_str() {
            "link" if work.text.is_empty() => return self.begin_link(work).await,
            "link" => return self.complete_link(work).await,
            "unlink" => return self.unlink(work).await,
            _ => {}
        }
        let Some(linked) = linked else { return Ok(STRANGER.to_owned()) };
        if !self.linking.still_holds(&linked).await? {
            tracing::info!("a link ended, because its person is not who they were");
            self.database.unlink(Provider::Discord, &work.person).await?;
            return Ok(STRANGER.to_owned());
        }
        match work.command.as_str() {
            "ask" => self.ask(&linked.caller, &work.text).await,
            "note" => self.note(&linked.caller, work).await,
            "briefing" => self.brief(&linked.caller, now).await,
            _ => Ok(KNOWN.to_owned()),
        }
    }

    async fn begin_link(&self, work: &FollowUp) -> Result<String, Failure> {
        let (id, name) = (work.person.clone(), work.account_name.clone());
        let account = ExternalAccount { provider: Provider::Discord, id, name };
        let address = self.linking.begin(&account, &work.redirect_uri).await?;
        Ok(format!(
            "Open this page within ten minutes, sign in, and type the code that it shows here, with \
             /link code. The page is for you alone: <{address}>"
        ))
    }

    async fn complete_link(&self, work: &FollowUp) -> Result<String, Failure> {
        let is_linked = self.linking.complete(&work.person, &work.text).await?;
        Ok(if is_linked { LINKED } else { NO_SUCH_CODE }.to_owned())
    }

    async fn unlink(&self, work: &FollowUp) -> Result<String, Failure> {
        self.database.unlink(Provider::Discord, &work.person).await?;
        Ok(UNLINKED.to_owned())
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
