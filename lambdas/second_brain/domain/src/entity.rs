//! Notes, events and questions: what a family remembers.

use serde::Serialize;
use uuid::Uuid;

use crate::failure::Invalid;
use crate::fields::Fields;

pub const EMBEDDING_DIMENSIONS: usize = 1024;
const BODY_LIMIT: usize = 200_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct EntityId(pub Uuid);

impl EntityId {
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        Uuid::try_parse(text).map(Self).map_err(|_| Invalid::new("entity_id", "must be a UUID"))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Note,
    Event,
    Question,
}

impl Kind {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Event => "event",
            Self::Question => "question",
        }
    }

    pub fn named(text: &str) -> Option<Self> {
        [Self::Note, Self::Event, Self::Question].into_iter().find(|kind| kind.as_str() == text)
    }

    fn parse(text: &str) -> Result<Self, Invalid> {
        Self::named(text).ok_or_else(|| Invalid::new("kind", "must be note, event or question"))
    }
}

/// An entity as it was sent: checked, but neither embedded nor placed.
#[derive(Debug, Clone, PartialEq)]
pub struct NewEntity {
    pub kind: Kind,
    pub title: String,
    pub body: String,
    pub place: Option<String>,
}

impl NewEntity {
    pub fn parse(body: &[u8]) -> Result<Self, Invalid> {
        let fields = Fields::parse(body, &["kind", "title", "body", "place"])?;
        Ok(Self {
            kind: Kind::parse(&fields.text("kind", 1..=16)?)?,
            title: fields.text("title", 1..=200)?,
            body: fields.text("body", 1..=BODY_LIMIT)?,
            place: fields.optional_text("place", 1..=200)?,
        })
    }

    /// A note whose title is the beginning of its text, for channels where people only speak.
    pub fn note(text: &str) -> Result<Self, Invalid> {
        let text: String = text.replace('\0', "").trim().to_owned();
        if text.is_empty() {
            return Err(Invalid::new("text", "is missing"));
        }
        let body = text.chars().take(BODY_LIMIT).collect();
        Ok(Self { kind: Kind::Note, title: text.chars().take(80).collect(), body, place: None })
    }

    /// What is embedded: the words that a question about this entity would share with it.
    pub fn meaning(&self) -> String {
        format!("{}\n{}", self.title, self.body)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Point {
    pub longitude: f64,
    pub latitude: f64,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Embedding(Vec<f32>);

impl Embedding {
    pub fn new(values: Vec<f32>) -> Result<Self, String> {
        if values.len() != EMBEDDING_DIMENSIONS {
            return Err(format!("{} dimensions instead of {EMBEDDING_DIMENSIONS}", values.len()));
        }
        if !values.iter().all(|value| value.is_finite()) {
            return Err("a value that is no number".to_owned());
        }
        Ok(Self(values))
    }

    pub fn values(&self) -> &[f32] {
        &self.0
    }
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Entity {
    pub id: EntityId,
    pub kind: Kind,
    pub title: String,
    pub body: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    pub created_at: jiff::Timestamp,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Place {
    pub name: String,
    #[serde(flatten)]
    pub point: Option<Point>,
}

/// An entity that search found, best first; `excerpt` is for the agent and not for the answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Match {
    pub id: EntityId,
    pub title: String,
    pub score: f64,
    #[serde(skip)]
    pub excerpt: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(body: &str) -> String {
        NewEntity::parse(body.as_bytes()).unwrap_err().field
    }

    #[test]
    fn a_whole_entity_is_read() {
        let body = br#"{"kind":"note","title":"Key","body":"Under the mat","place":"Berlin"}"#;
        let entity = NewEntity::parse(body).unwrap();
        assert_eq!((entity.kind, entity.place.as_deref()), (Kind::Note, Some("Berlin")));
        assert_eq!(entity.meaning(), "Key\nUnder the mat");
    }

    #[test]
    fn the_field_at_fault_is_named() {
        assert_eq!(refused(r#"{"kind":"memo","title":"t","body":"b"}"#), "kind");
        assert_eq!(refused(r#"{"kind":"note","title":"","body":"b"}"#), "title");
        assert_eq!(refused(r#"{"kind":"note","title":"t"}"#), "body");
        assert_eq!(refused(r#"{"kind":"note","title":"t","body":"b","place":[]}"#), "place");
        assert_eq!(refused(r#"{"kind":"note","title":"t","body":"b","family_id":"x"}"#), "family_id");
    }

    #[test]
    fn a_spoken_note_gets_a_title() {
        let note = NewEntity::note(&"word ".repeat(100)).unwrap();
        assert_eq!(note.title.chars().count(), 80);
        assert!(NewEntity::note(" \0 ").is_err());
    }

    #[test]
    fn an_embedding_has_its_size_and_only_numbers() {
        assert!(Embedding::new(vec![0.5; EMBEDDING_DIMENSIONS]).is_ok());
        assert!(Embedding::new(vec![0.5; 3]).is_err());
        assert!(Embedding::new(vec![f32::NAN; EMBEDDING_DIMENSIONS]).is_err());
    }
}
