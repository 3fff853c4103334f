//! An API Gateway event in, an HTTP response out.
//!
//! `ApiRequest` reads the REST proxy event itself. `lambda_http` would drop the Cognito claims of a
//! REST authorizer and panic on paths that are no URI; and the Discord function gets events that are
//! not HTTP at all. Every field has a default, so that no event fails to parse.

mod claims;
mod cors;
mod request;
mod response;
mod serve;

pub use claims::Audience;
pub use cors::Cors;
pub use request::ApiRequest;
pub use response::{ApiResponse, MP3};
pub use serve::{Answer, Arrival, Handle, Route, answer, serve};
