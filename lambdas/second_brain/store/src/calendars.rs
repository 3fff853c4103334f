//! External calendars and the copies of their events.

use jiff::Timestamp;
use second_brain_domain::feed::{ExternalCalendar, FeedEvent};
use second_brain_domain::{Failure, FamilyId};
use tokio_postgres::types::Type;

use crate::connection::{Database, Parameters};
use crate::outside_families::CALENDARS_TO_SYNC;

/// All events of a feed in one statement, as arrays of equal length.
const UPSERT: &str = "
    insert into calendar_events as known
        (family_id, user_id, external_calendar_id, external_id, title, during)
    select calendar.family_id, calendar.user_id, calendar.id, event.external_id, event.title,
        tstzrange(event.starts_at, event.ends_at)
    from external_calendars calendar,
        unnest($2::text[], $3::text[], $4::timestamptz[], $5::timestamptz[])
            as event (external_id, title, starts_at, ends_at)
    where calendar.id = $1
    on conflict (external_calendar_id, external_id) do update
        set title = excluded.title, during = excluded.during, updated_at = now()
        where (known.title, known.during) is distinct from (excluded.title, excluded.during)";

/// What the feed no longer holds. Past events stay: many feeds drop them, people look back at them.
const PRUNE: &str = "
    delete from calendar_events
    where external_calendar_id = $1 and upper(during) > $3 and external_id <> all ($2::text[])";

const SYNCED: &str = "
    update external_calendars set last_synced_at = $2, etag = $3, last_error = null where id = $1";

const FAILED: &str = "
    update external_calendars set last_synced_at = $2, last_error = left($3, 500) where id = $1";

impl Database {
    /// Those that waited longest come first.
    pub async fn external_calendars(&self) -> Result<Vec<ExternalCalendar>, Failure> {
        let rows = self.read_outside(&CALENDARS_TO_SYNC, &[]).await?;
        Ok(rows
            .iter()
            .map(|row| ExternalCalendar {
                id: row.get("id"),
                family: FamilyId(row.get("family_id")),
                url: row.get("url"),
                etag: row.get("etag"),
            })
            .collect())
    }

    /// Makes the copies equal to the feed from `now` on, and remembers the feed's entity tag.
    pub async fn copy_feed(
        &self,
        calendar: &ExternalCalendar,
        events: &[FeedEvent],
        etag: Option<&str>,
        now: Timestamp,
    ) -> Result<(), Failure> {
        let ids: Vec<&str> = events.iter().map(|event| event.external_id.as_str()).collect();
        let titles: Vec<&str> = events.iter().map(|event| event.title.as_str()).collect();
        let starts: Vec<Timestamp> = events.iter().map(|event| event.starts_at).collect();
        let ends: Vec<Timestamp> = events.iter().map(|event| event.ends_at).collect();
        let session = self.of(calendar.family);
        session
            .transaction(async || {
                let upsert: &Parameters<'_> = &[
                    (&calendar.id, Type::UUID),
                    (&ids, Type::TEXT_ARRAY),
                    (&titles, Type::TEXT_ARRAY),
                    (&starts, Type::TIMESTAMPTZ_ARRAY),
                    (&ends, Type::TIMESTAMPTZ_ARRAY),
                ];
                session.write(UPSERT, upsert).await?;
                let prune: &Parameters<'_> =
                    &[(&calendar.id, Type::UUID), (&ids, Type::TEXT_ARRAY), (&now, Type::TIMESTAMPTZ)];
                session.write(PRUNE, prune).await?;
                self.mark_synced(calendar, etag, now).await
            })
            .await
    }

    pub async fn mark_synced(
        &self,
        calendar: &ExternalCalendar,
        etag: Option<&str>,
        now: Timestamp,
    ) -> Result<(), Failure> {
        let parameters: &Parameters<'_> =
            &[(&calendar.id, Type::UUID), (&now, Type::TIMESTAMPTZ), (&etag, Type::TEXT)];
        self.of(calendar.family).write(SYNCED, parameters).await.map(drop)
    }

    pub async fn mark_failed(
        &self,
        calendar: &ExternalCalendar,
        reason: &str,
        now: Timestamp,
    ) -> Result<(), Failure> {
        let parameters: &Parameters<'_> =
            &[(&calendar.id, Type::UUID), (&now, Type::TIMESTAMPTZ), (&reason, Type::TEXT)];
        self.of(calendar.family).write(FAILED, parameters).await.map(drop)
    }
}
