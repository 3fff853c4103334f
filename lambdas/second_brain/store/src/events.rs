//! Appointments of one person, and what their day holds.

use second_brain_domain::calendar::{Event, NewEvent, Window};
use second_brain_domain::ports::{AddEvent, Day, ListEvents, ReadDay};
use second_brain_domain::{Caller, Failure};
use tokio_postgres::Row;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::Type;

use crate::connection::{Database, Parameters, failure};
use crate::reminders;

const LIST: &str = "
    select id, title, lower(during) as starts_at, upper(during) as ends_at, external_id is not null as external
    from calendar_events
    where family_id = $1 and user_id = $2 and during && tstzrange($3, $4)
    order by lower(during), id
    limit 1000";

const INSERT: &str = "
    insert into calendar_events (family_id, user_id, title, during)
    values ($1, $2, $3, tstzrange($4, $5))
    returning id, title, lower(during) as starts_at, upper(during) as ends_at, false as external";

const REMINDERS: &str = "
    select id, user_id, family_id, text, due_at from reminders
    where family_id = $1 and user_id = $2 and due_at >= $3 and due_at < $4
    order by due_at, id
    limit 200";

impl ListEvents for Database {
    async fn events(&self, caller: &Caller, window: Window) -> Result<Vec<Event>, Failure> {
        Ok(self.in_window(LIST, caller, window).await?.iter().map(event).collect())
    }
}

impl AddEvent for Database {
    /// The database decides, so that of two requests at the same moment only one wins.
    async fn add_event(&self, caller: &Caller, new: &NewEvent) -> Result<Event, Failure> {
        let answer = self
            .of(caller.family)
            .attempt(
                INSERT,
                &[
                    (&caller.family.0, Type::UUID),
                    (&caller.user.0, Type::UUID),
                    (&new.title, Type::TEXT),
                    (&new.starts_at, Type::TIMESTAMPTZ),
                    (&new.ends_at, Type::TIMESTAMPTZ),
                ],
            )
            .await?;
        match answer {
            Ok(rows) => rows.first().map(event).ok_or(Failure::NotFound("event")),
            Err(error) if error.code() == Some(&SqlState::EXCLUSION_VIOLATION) => Err(Failure::Overlap),
            Err(error) => Err(failure(error)),
        }
    }
}

impl Database {
    async fn in_window(&self, sql: &str, caller: &Caller, window: Window) -> Result<Vec<Row>, Failure> {
        let parameters: &Parameters<'_> = &[
            (&caller.family.0, Type::UUID),
            (&caller.user.0, Type::UUID),
            (&window.from, Type::TIMESTAMPTZ),
            (&window.to, Type::TIMESTAMPTZ),
        ];
        self.of(caller.family).read(sql, parameters).await
    }
}

impl ReadDay for Database {
    async fn day(&self, caller: &Caller, window: Window) -> Result<Day, Failure> {
        let events = self.events(caller, window).await?;
        let reminders = self.in_window(REMINDERS, caller, window).await?;
        Ok(Day { events, reminders: reminders.iter().map(reminders::reminder).collect() })
    }
}

fn event(row: &Row) -> Event {
    Event {
        id: row.get("id"),
        title: row.get("title"),
        starts_at: row.get("starts_at"),
        ends_at: row.get("ends_at"),
        external: row.get("external"),
    }
}
