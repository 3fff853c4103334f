//! One briefing for each person and day: kept when written, marked when dispatched.

use jiff::Timestamp;
use jiff::civil::Date;
use second_brain_domain::ports::{KeepBriefing, LastBriefing, StoredBriefing};
use second_brain_domain::{Caller, Failure};
use tokio_postgres::types::Type;

use crate::callers::caller;
use crate::connection::{Database, Parameters};
use crate::outside_families::{BRIEFING_HOURS, WAITING_FOR_BRIEFING};

const KEEP: &str = "
    insert into briefings (family_id, user_id, day, text) values ($1, $2, $3, $4)
    on conflict (user_id, day) do update set text = excluded.text";

const LAST: &str = "
    select day, text from briefings where family_id = $1 and user_id = $2 order by day desc limit 1";

/// The row itself is the claim: whoever comes second finds `dispatched_at` set and gets no row.
const CLAIM: &str = "
    insert into briefings as kept (family_id, user_id, day, text, dispatched_at) values ($1, $2, $3, $4, $5)
    on conflict (user_id, day) do update set text = excluded.text, dispatched_at = excluded.dispatched_at
    where kept.dispatched_at is null
    returning id";

/// An hour of the day, somewhere, at which people wait for a briefing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueHour {
    pub time_zone: String,
    pub hour: i16,
}

#[derive(Debug, Clone)]
pub struct DueBriefing {
    pub caller: Caller,
    pub day: Date,
}

impl KeepBriefing for Database {
    async fn keep(&self, caller: &Caller, day: Date, text: &str) -> Result<(), Failure> {
        let parameters: &Parameters<'_> = &[
            (&caller.family.0, Type::UUID),
            (&caller.user.0, Type::UUID),
            (&day, Type::DATE),
            (&text, Type::TEXT),
        ];
        self.of(caller.family).write(KEEP, parameters).await.map(drop)
    }
}

impl LastBriefing for Database {
    async fn last(&self, caller: &Caller) -> Result<Option<StoredBriefing>, Failure> {
        let parameters: &Parameters<'_> = &[(&caller.family.0, Type::UUID), (&caller.user.0, Type::UUID)];
        let rows = self.of(caller.family).read(LAST, parameters).await?;
        Ok(rows.first().map(|row| StoredBriefing { day: row.get("day"), text: row.get("text") }))
    }
}

impl Database {
    pub async fn briefing_hours(&self) -> Result<Vec<DueHour>, Failure> {
        let rows = self.read_outside(&BRIEFING_HOURS, &[]).await?;
        Ok(rows
            .iter()
            .map(|row| DueHour { time_zone: row.get("time_zone"), hour: row.get("briefing_hour") })
            .collect())
    }

    /// The people of that hour whose briefing for `day` has not gone out.
    pub async fn waiting(&self, hour: &DueHour, day: Date) -> Result<Vec<DueBriefing>, Failure> {
        let parameters: &Parameters<'_> =
            &[(&hour.time_zone, Type::TEXT), (&hour.hour, Type::INT2), (&day, Type::DATE)];
        let rows = self.read_outside(&WAITING_FOR_BRIEFING, parameters).await?;
        Ok(rows.iter().map(|row| DueBriefing { caller: caller(row), day }).collect())
    }

    /// Marks the briefing as dispatched for as long as `send` works; false when it already was.
    pub async fn dispatch_once(
        &self,
        due: &DueBriefing,
        text: &str,
        now: Timestamp,
        send: impl AsyncFnOnce() -> Result<(), Failure>,
    ) -> Result<bool, Failure> {
        let session = self.of(due.caller.family);
        session
            .transaction(async || {
                let parameters: &Parameters<'_> = &[
                    (&due.caller.family.0, Type::UUID),
                    (&due.caller.user.0, Type::UUID),
                    (&due.day, Type::DATE),
                    (&text, Type::TEXT),
                    (&now, Type::TIMESTAMPTZ),
                ];
                if session.write(CLAIM, parameters).await?.is_empty() {
                    return Ok(false);
                }
                send().await.map(|()| true)
            })
            .await
    }
}
