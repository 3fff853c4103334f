//! What the use cases ask of the world, one method each. `store` and `aws` answer.
//!
//! The futures need not be `Send`: a Lambda environment runs one request at a time on one thread.
#![allow(async_fn_in_trait)]

use std::time::Duration;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::calendar::{Event, NewEvent, Window};
use crate::caller::{Caller, Claims, FamilyId, UserId};
use crate::entity::{Embedding, Entity, EntityId, Match, NewEntity, Point};
use crate::failure::Failure;
use crate::link::{Link, LinkId};
use crate::reminder::Reminder;
use crate::speech::Voice;
use crate::voice_note::{NewVoiceNote, Upload, VoiceNote, VoiceNoteId};

pub trait ResolveCaller {
    /// The person whom the claims name, entered on their first request.
    async fn resolve(&self, claims: &Claims) -> Result<Caller, Failure>;
}

pub trait FindCaller {
    /// The person of that subject, if they have been here before.
    async fn known(&self, subject: &str) -> Result<Option<Caller>, Failure>;
}

pub trait Embed {
    async fn embed(&self, text: &str) -> Result<Embedding, Failure>;
}

pub trait FindPlace {
    /// Where a place is, if anybody knows.
    async fn find_place(&self, name: &str) -> Result<Option<Point>, Failure>;
}

pub trait SearchEntities {
    async fn search(
        &self,
        family: FamilyId,
        text: &str,
        meaning: &Embedding,
        limit: i64,
    ) -> Result<Vec<Match>, Failure>;
}

pub trait ReadEntity {
    async fn read(&self, family: FamilyId, id: EntityId) -> Result<Entity, Failure>;
}

pub trait InsertEntity {
    /// Under an id of the caller's choice; a repetition with the same id changes nothing.
    async fn insert(
        &self,
        id: EntityId,
        caller: &Caller,
        entity: &NewEntity,
        meaning: &Embedding,
        point: Option<Point>,
    ) -> Result<(), Failure>;
}

/// What the agent is told. The ids come from the verified caller and never from the prompt.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AgentRequest {
    pub task: Task,
    pub prompt: String,
    pub family_id: FamilyId,
    pub user_id: UserId,
    pub time_zone: String,
    pub context: Value,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Task {
    Answer,
    Briefing,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct AgentReply {
    pub answer: String,
    #[serde(default)]
    pub citations: Vec<String>,
}

pub trait AskAgent {
    /// `Failure::TooSlow` when no answer came `within` that time.
    async fn ask(&self, request: &AgentRequest, within: Duration) -> Result<AgentReply, Failure>;
}

pub trait ListEvents {
    async fn events(&self, caller: &Caller, window: Window) -> Result<Vec<Event>, Failure>;
}

pub trait AddEvent {
    /// `Failure::Overlap` when the person is busy then.
    async fn add_event(&self, caller: &Caller, new: &NewEvent) -> Result<Event, Failure>;
}

pub trait ListLinks {
    /// Accounts elsewhere that act for this person.
    async fn links(&self, caller: &Caller) -> Result<Vec<Link>, Failure>;
}

pub trait EndLink {
    /// `Failure::NotFound` when this person has no such link.
    async fn end_link(&self, caller: &Caller, id: LinkId) -> Result<(), Failure>;
}

/// What a person has to do on one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Day {
    pub events: Vec<Event>,
    pub reminders: Vec<Reminder>,
}

pub trait ReadDay {
    async fn day(&self, caller: &Caller, window: Window) -> Result<Day, Failure>;
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredBriefing {
    pub day: Date,
    pub text: String,
}

pub trait KeepBriefing {
    async fn keep(&self, caller: &Caller, day: Date, text: &str) -> Result<(), Failure>;
}

pub trait LastBriefing {
    async fn last(&self, caller: &Caller) -> Result<Option<StoredBriefing>, Failure>;
}

/// A message to one person, for whoever subscribes to the notification topic.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Notification<'a> {
    #[serde(rename = "type")]
    pub kind: NotificationKind,
    /// The same for every repetition of one message.
    pub id: String,
    pub user_id: UserId,
    pub text: &'a str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum NotificationKind {
    Briefing,
    Reminder,
}

pub trait Publish {
    async fn publish(&self, notification: &Notification<'_>) -> Result<(), Failure>;
}

pub trait Speak {
    /// The text as an MP3 file; `Failure::TooSlow` when it was not there `within` that time.
    async fn speak(&self, text: &str, voice: Voice, within: Duration) -> Result<Vec<u8>, Failure>;
}

pub trait BeginVoiceNote {
    /// `Failure::TooMany` when the person has begun as many as a day allows.
    async fn begin(&self, caller: &Caller, id: VoiceNoteId, new: NewVoiceNote) -> Result<(), Failure>;
}

pub trait ReadVoiceNote {
    /// `Failure::NotFound` when this person has no such voice note.
    async fn voice_note(&self, caller: &Caller, id: VoiceNoteId) -> Result<VoiceNote, Failure>;
}

pub trait OfferUpload {
    fn offer(&self, id: VoiceNoteId, new: NewVoiceNote) -> Result<Upload, Failure>;
}
