//! A question, answered by the agent from what search found.

use std::time::Duration;

use serde::Serialize;
use serde_json::json;

use crate::caller::Caller;
use crate::entity::Match;
use crate::failure::{Failure, Invalid};
use crate::fields::Fields;
use crate::ports::{AgentReply, AgentRequest, AskAgent, Embed, SearchEntities, Task};

const DEFAULT_LIMIT: i64 = 8;
const LONGEST_QUESTION: usize = 2000;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    pub text: String,
    pub limit: i64,
}

impl Question {
    pub fn parse(body: &[u8]) -> Result<Self, Invalid> {
        let fields = Fields::parse(body, &["question", "limit"])?;
        Ok(Self {
            text: fields.text("question", 1..=LONGEST_QUESTION)?,
            limit: fields.optional_integer("limit", 1..=50)?.unwrap_or(DEFAULT_LIMIT),
        })
    }

    /// A question that was typed in a chat or spoken.
    pub fn asked(text: &str) -> Result<Self, Invalid> {
        let text = text.replace('\0', "").trim().chars().take(LONGEST_QUESTION).collect::<String>();
        if text.is_empty() {
            return Err(Invalid::new("question", "is missing"));
        }
        Ok(Self { text, limit: DEFAULT_LIMIT })
    }
}

const TELLING_WORDS: usize = 3;

/// The words to look for by their spelling: the longest, for long words are rare. Letters and digits
/// only, so that none means anything in a pattern; three or more, for trigrams.
pub fn telling_words(question: &str) -> Vec<String> {
    let lowercase = question.to_lowercase();
    let mut words: Vec<&str> =
        lowercase.split(|c: char| !c.is_alphanumeric()).filter(|word| word.chars().count() >= 3).collect();
    words.sort_by_key(|word| (std::cmp::Reverse(word.chars().count()), *word));
    words.dedup();
    words.into_iter().take(TELLING_WORDS).map(str::to_owned).collect()
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Answer {
    pub answer: String,
    pub matches: Vec<Match>,
    /// The ids of what the agent used.
    pub citations: Vec<String>,
    /// The agent did not answer; the text only lists what search found.
    pub degraded: bool,
}

pub struct Answering<'a, M, S, A> {
    pub meanings: &'a M,
    pub entities: &'a S,
    pub agent: &'a A,
}

impl<M: Embed, S: SearchEntities, A: AskAgent> Answering<'_, M, S, A> {
    pub async fn answer(
        &self,
        caller: &Caller,
        question: &Question,
        within: Duration,
    ) -> Result<Answer, Failure> {
        let matches = self.find(caller, question).await?;
        let reply = self.agent.ask(&request(caller, question, &matches), within).await;
        Ok(reply
            .map_or_else(|failure| without_agent(&failure, &matches), |reply| from_agent(reply, &matches)))
    }

    pub async fn find(&self, caller: &Caller, question: &Question) -> Result<Vec<Match>, Failure> {
        let meaning = self.meanings.embed(&question.text).await?;
        self.entities.search(caller.family, &question.text, &meaning, question.limit).await
    }
}

fn request(caller: &Caller, question: &Question, matches: &[Match]) -> AgentRequest {
    let found: Vec<_> = matches
        .iter()
        .map(|found| json!({"id": found.id, "title": found.title, "excerpt": found.excerpt}))
        .collect();
    AgentRequest {
        task: Task::Answer,
        prompt: question.text.clone(),
        family_id: caller.family,
        user_id: caller.user,
        time_zone: caller.time_zone.iana_name().unwrap_or("UTC").to_owned(),
        context: json!({"matches": found}),
    }
}

fn from_agent(reply: AgentReply, matches: &[Match]) -> Answer {
    Answer { answer: reply.answer, matches: matches.to_vec(), citations: reply.citations, degraded: false }
}

/// What can be said when the agent cannot: the titles, best first.
pub fn without_agent(failure: &Failure, matches: &[Match]) -> Answer {
    tracing::warn!(reason = failure.chain(), "answering without the agent");
    let titles: Vec<_> = matches.iter().take(3).map(|found| found.title.as_str()).collect();
    let answer = match titles.as_slice() {
        [] => "I found nothing about that, and I could not think it over just now.".to_owned(),
        found => format!("I could not think it over just now. Closest in your notes: {}.", found.join("; ")),
    };
    Answer { answer, matches: matches.to_vec(), citations: Vec::new(), degraded: true }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_bounded() {
        assert_eq!(Question::parse(br#"{"question":"Where?"}"#).unwrap().limit, DEFAULT_LIMIT);
        assert_eq!(Question::parse(br#"{"question":"Where?","limit":51}"#).unwrap_err().field, "limit");
        assert_eq!(Question::parse(br#"{}"#).unwrap_err().field, "question");
        assert_eq!(Question::asked(&"a".repeat(5000)).unwrap().text.len(), LONGEST_QUESTION);
    }

    #[test]
    fn the_longest_words_tell_most() {
        assert_eq!(telling_words("Where is the boiler's key? The BOILER!"), ["boiler", "where", "key"]);
        assert_eq!(telling_words("a_b %__ \\ ' or"), [""; 0]);
        assert_eq!(telling_words("Schlüssel 100% 鍵はどこですか"), ["schlüssel", "鍵はどこですか", "100"]);
    }

    #[test]
    fn without_the_agent_the_answer_says_so_and_is_never_empty() {
        let failure = Failure::TooSlow { what: "the agent" };
        let answer = without_agent(&failure, &[]);
        assert!(answer.degraded && !answer.answer.is_empty());
    }
}
