//! Events as an external calendar tells them.

use jiff::Timestamp;
use uuid::Uuid;

use crate::caller::FamilyId;

/// One occurrence; `external_id` is the same in every copy of the feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedEvent {
    pub external_id: String,
    pub title: String,
    pub starts_at: Timestamp,
    pub ends_at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExternalCalendar {
    pub id: Uuid,
    pub family: FamilyId,
    pub url: String,
    pub etag: Option<String>,
}
