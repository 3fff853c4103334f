//! The database. Every statement that touches a family's data takes the family's id and runs in that
//! family's session; parameters are always bound, never written into the text.

mod accounts;
mod briefings;
mod calendars;
mod callers;
mod cleanup;
mod connection;
mod entities;
mod events;
mod families;
mod link_attempts;
mod links;
mod locks;
mod login;
mod outside_families;
mod reminders;
mod tls;
mod voice_notes;

pub use briefings::{DueBriefing, DueHour};
pub use connection::Database;
pub use link_attempts::{SignedInUser, Step, StepName};
pub use links::{ExternalAccount, Provider};
pub use locks::Job;
pub use login::{Login, LoginSource, Place};
