//! Second Brain at Alexa.
//!
//! Alexa waits eight seconds. After six the skill says what it has: what search found when the agent is
//! still thinking, an apology when there is not even that. Only a foreign skill is refused with an
//! error; everything else, a dead database included, ends in words.

pub mod account;
pub mod skill;
pub mod speech;
