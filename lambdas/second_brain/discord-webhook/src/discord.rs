//! Discord's own words: interactions in, messages out.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode};
use second_brain_domain::Failure;
use second_brain_outbound::{Bounds, Outbound, encoded};
use second_brain_runtime::settings::optional;
use serde::Deserialize;
use serde_json::{Value, json};

const WHAT: &str = "Discord";
const BOUNDS: Bounds = Bounds { within: Duration::from_secs(5), bytes: 256 << 10 };
const ATTEMPTS: u32 = 3;
const LONGEST_MESSAGE: usize = 2000;
const LONGEST_NAME: usize = 64;
/// Only the person who asked sees the answer: it may be about their life.
const EPHEMERAL: u32 = 64;

pub const PING: u8 = 1;
pub const COMMAND: u8 = 2;

#[derive(Debug, Deserialize)]
pub struct Interaction {
    #[serde(rename = "type")]
    pub kind: u8,
    #[serde(default)]
    pub id: String,
    #[serde(default)]
    pub application_id: String,
    #[serde(default)]
    pub token: String,
    #[serde(default)]
    pub data: CommandData,
    member: Option<Member>,
    user: Option<User>,
}

#[derive(Debug, Default, Deserialize)]
pub struct CommandData {
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    options: Vec<CommandOption>,
}

#[derive(Debug, Deserialize)]
struct CommandOption {
    #[serde(default)]
    value: Value,
}

#[derive(Debug, Deserialize)]
struct Member {
    user: User,
}

#[derive(Debug, Deserialize)]
pub struct User {
    pub id: String,
    /// The name that is one person's only; display names are not.
    #[serde(default)]
    username: String,
}

impl User {
    /// Without characters that could make it look like something else.
    pub fn name(&self) -> String {
        let is_plain = |letter: &char| letter.is_alphanumeric() || "._-# ".contains(*letter);
        self.username.chars().filter(is_plain).take(LONGEST_NAME).collect()
    }
}

impl Interaction {
    /// In a server the person is a member, in a direct message a user.
    pub fn person(&self) -> Option<&User> {
        self.member.as_ref().map(|member| &member.user).or(self.user.as_ref())
    }

    /// The text of the command's only option.
    pub fn text(&self) -> &str {
        self.data.options.first().and_then(|option| option.value.as_str()).unwrap_or_default()
    }
}

pub fn pong() -> Value {
    json!({"type": 1})
}

pub fn deferred() -> Value {
    json!({"type": 5, "data": {"flags": EPHEMERAL}})
}

pub fn message(text: &str) -> Value {
    json!({"type": 4, "data": {"content": shortened(text), "flags": EPHEMERAL}})
}

pub struct DiscordApi {
    outbound: Outbound,
    url: String,
}

impl DiscordApi {
    pub fn from_environment(outbound: Outbound) -> Self {
        let url = optional("DISCORD_API_URL").unwrap_or_else(|| "https://discord.com/api/v10".to_owned());
        Self { outbound, url }
    }

    /// Puts the text in the place of the deferred answer. An interaction that Discord no longer knows
    /// (they live 15 minutes) is nobody's to answer and counts as done.
    pub async fn follow_up(&self, application: &str, token: &str, text: &str) -> Result<(), Failure> {
        let mut pause = Duration::from_millis(300);
        for _ in 1..ATTEMPTS {
            if self.edit(application, token, text).await.is_ok() {
                return Ok(());
            }
            tokio::time::sleep(pause).await;
            pause *= 4;
        }
        self.edit(application, token, text).await
    }

    async fn edit(&self, application: &str, token: &str, text: &str) -> Result<(), Failure> {
        let part = |text: &str| encoded(text);
        let url = format!("{}/webhooks/{}/{}/messages/@original", self.url, part(application), part(token));
        let body = json!({"content": shortened(text), "allowed_mentions": {"parse": []}});
        let request = Request::patch(url)
            .header("content-type", "application/json")
            .header("user-agent", "DiscordBot (second-brain, 1)")
            .body(Bytes::from(body.to_string()))
            .map_err(|error| Failure::unavailable(WHAT, error))?;
        let reply =
            self.outbound.send(request, BOUNDS).await.map_err(|error| Failure::unavailable(WHAT, error))?;
        match reply.status {
            status if status.is_success() => Ok(()),
            StatusCode::NOT_FOUND | StatusCode::UNAUTHORIZED => {
                tracing::warn!(status = reply.status.as_u16(), "Discord no longer knows the interaction");
                Ok(())
            }
            status => Err(Failure::unavailable(WHAT, format!("status {status}"))),
        }
    }
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= LONGEST_MESSAGE {
        return text.to_owned();
    }
    text.chars().take(LONGEST_MESSAGE - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_person_is_found_in_a_server_and_in_a_direct_message() {
        let read = |body: Value| serde_json::from_value::<Interaction>(body).unwrap();
        let id = |body: Value| read(body).person().map(|user| user.id.clone());
        assert_eq!(id(json!({"type": 2, "member": {"user": {"id": "1"}}})).as_deref(), Some("1"));
        assert_eq!(id(json!({"type": 2, "user": {"id": "2"}})).as_deref(), Some("2"));
        let asked =
            read(json!({"type": 2, "data": {"name": "ask", "options": [{"name": "q", "value": "why"}]}}));
        assert!(asked.person().is_none());
        assert_eq!(asked.text(), "why");
    }

    #[test]
    fn a_name_holds_nothing_that_turns_or_hides_text() {
        let name = |username: &str| User { id: "1".into(), username: username.into() }.name();
        assert_eq!(name("ann.b_c-d#0001"), "ann.b_c-d#0001");
        assert_eq!(name("a\u{202e}n\u{0}n\u{200b}\n<b>"), "annb");
        assert_eq!(name(&"é".repeat(100)).chars().count(), LONGEST_NAME);
    }

    #[test]
    fn a_message_fits() {
        assert_eq!(shortened(&"ä".repeat(3000)).chars().count(), LONGEST_MESSAGE);
    }
}
