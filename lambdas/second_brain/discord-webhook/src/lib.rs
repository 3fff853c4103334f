//! Second Brain at Discord.
//!
//! Discord wants an answer within three seconds, and an answer with thought takes longer. So a command
//! is acknowledged at once (type 5) and done in an invocation of its own: the function queues an event
//! to itself. Lambda stores that event before the acknowledgement goes out, and tries it again should it
//! fail; work left behind in this environment would freeze with it. Doing it again does no harm: the
//! follow-up replaces the same message, and a note's id comes from the interaction's.

pub mod commands;
pub mod discord;
pub mod function;
pub mod linking;
pub mod pages;
pub mod sign_in;
pub mod signature;
pub mod webhook;
