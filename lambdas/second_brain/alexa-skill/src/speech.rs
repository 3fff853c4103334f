//! Alexa's own words: requests in, responses out.

use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::HashMap;

const LONGEST_SPEECH: usize = 6000;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct SkillRequest {
    session: Session,
    context: RequestContext,
    pub request: Request,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Session {
    application: Application,
    user: User,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RequestContext {
    #[serde(rename = "System")]
    system: Session,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Application {
    application_id: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct User {
    access_token: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Request {
    #[serde(rename = "type")]
    pub kind: String,
    pub intent: Intent,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Intent {
    pub name: String,
    slots: HashMap<String, Slot>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Slot {
    value: Option<String>,
}

impl SkillRequest {
    /// The context speaks of this request; only requests without one have the session's.
    pub fn skill_id(&self) -> &str {
        let told = &self.context.system.application.application_id;
        if told.is_empty() { &self.session.application.application_id } else { told }
    }

    pub fn access_token(&self) -> Option<&str> {
        self.context.system.user.access_token.as_deref().or(self.session.user.access_token.as_deref())
    }
}

impl Intent {
    pub fn slot(&self, name: &str) -> &str {
        self.slots.get(name).and_then(|slot| slot.value.as_deref()).unwrap_or_default()
    }
}

/// What Alexa says, and whether it listens afterwards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Speech {
    Silence,
    Tell(String),
    Ask(String),
    LinkAccount(String),
}

impl Speech {
    pub fn response(&self) -> Value {
        let said = |text: &str| json!({"type": "PlainText", "text": shortened(text)});
        let response = match self {
            Self::Silence => json!({}),
            Self::Tell(text) => json!({"outputSpeech": said(text), "shouldEndSession": true}),
            Self::Ask(text) => json!({"outputSpeech": said(text), "shouldEndSession": false,
                "reprompt": {"outputSpeech": said("What would you like to know?")}}),
            Self::LinkAccount(text) => json!({"outputSpeech": said(text), "shouldEndSession": true,
                "card": {"type": "LinkAccount"}}),
        };
        json!({"version": "1.0", "response": response})
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(LONGEST_SPEECH).collect()
}
