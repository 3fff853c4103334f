//! What Second Brain knows and decides.
//!
//! Values are checked where they are made, so that whoever holds a `NewEntity` need not ask again.
//! A use case is a function over ports: the traits of `ports`, which the `store` and `aws` crates
//! implement and the tests replace. Nothing in this crate does I/O, reads a clock or an environment.

pub mod answering;
pub mod briefing;
pub mod calendar;
pub mod caller;
pub mod entity;
pub mod failure;
pub mod family;
pub mod feed;
pub mod fields;
pub mod ingesting;
pub mod link;
pub mod local_time;
pub mod person;
pub mod ports;
pub mod reminder;
pub mod speech;
pub mod voice_note;

pub use caller::{Caller, Claims, FamilyId, UserId};
pub use failure::{Failure, Invalid};
