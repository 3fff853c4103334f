//! The AWS services that Second Brain calls, signed and sent without an SDK.
//!
//! Each SDK crate adds megabytes to every bootstrap; what is needed here is a dozen requests. One file
//! for each service; `client` signs and sends.

pub mod agent;
pub mod client;
pub mod cognito;
pub mod embeddings;
pub mod functions;
pub mod identity;
pub mod notifications;
pub mod places;
mod presigned;
pub mod recordings;
pub mod secrets;
pub mod speech;
pub mod transcription;

pub use client::AwsClient;
