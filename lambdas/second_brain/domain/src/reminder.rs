//! What a person asked to be told, and when.

use jiff::Timestamp;
use uuid::Uuid;

use crate::caller::{FamilyId, UserId};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reminder {
    pub id: Uuid,
    pub user: UserId,
    pub family: FamilyId,
    pub text: String,
    pub due_at: Timestamp,
}
