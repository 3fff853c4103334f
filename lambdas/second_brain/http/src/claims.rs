//! Who signed in, from what the Cognito authorizer of the API found in the identity token.
//!
//! The authorizer has verified the signature. What it does not ask is asked here: that the token is an
//! identity token, that it has not expired meanwhile, and, where `USER_POOL_CLIENT_IDS` is set, that
//! it was made for one of those clients; the authorizer takes any client of the pool.

use jiff::Timestamp;
use second_brain_domain::{Claims, Failure, FamilyId};
use second_brain_runtime::settings::optional;
use serde_json::{Map, Value};

use crate::request::ApiRequest;

/// The clients whose tokens are taken; all of the pool when none is named.
#[derive(Debug, Clone, Default)]
pub struct Audience(Vec<String>);

impl Audience {
    pub fn from_environment() -> Self {
        Self::parse(&optional("USER_POOL_CLIENT_IDS").unwrap_or_default())
    }

    pub fn parse(clients: &str) -> Self {
        let names = clients.split(',').map(|client| client.trim().to_owned());
        Self(names.filter(|client| !client.is_empty()).collect())
    }

    pub fn admit(&self, request: &ApiRequest, now: Timestamp) -> Result<Claims, Failure> {
        let claims = request.raw_claims();
        let subject =
            text(claims, "sub").ok_or(Failure::Unauthenticated("no identity token came with the request"))?;
        if text(claims, "token_use").is_some_and(|used| used != "id") {
            return Err(Failure::Unauthenticated("this is not an identity token"));
        }
        if expiry(claims).is_some_and(|expiry| expiry <= now) {
            return Err(Failure::Unauthenticated("the token has expired"));
        }
        if !self.0.is_empty() && !text(claims, "aud").is_some_and(|client| self.0.contains(&client)) {
            return Err(Failure::Unauthenticated("the token was made for another client"));
        }
        read(claims, subject)
    }
}

fn read(claims: &Map<String, Value>, subject: String) -> Result<Claims, Failure> {
    let family = match text(claims, "custom:family_id") {
        None => None,
        Some(id) => {
            Some(FamilyId::parse(&id).ok_or(Failure::Unauthenticated("the token's family is no UUID"))?)
        }
    };
    Ok(Claims {
        subject,
        username: text(claims, "cognito:username"),
        email: text(claims, "email"),
        email_verified: is_true(claims, "email_verified"),
        name: text(claims, "name"),
        family,
        time_zone: text(claims, "custom:timezone"),
    })
}

/// Cognito writes a boolean, and API Gateway the text of it.
fn is_true(claims: &Map<String, Value>, name: &str) -> bool {
    claims.get(name).is_some_and(|value| *value == Value::Bool(true) || value == "true")
}

fn text(claims: &Map<String, Value>, name: &str) -> Option<String> {
    match claims.get(name)? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Seconds since 1970, or what API Gateway makes of them: `Fri Nov 20 10:53:06 UTC 2026`.
fn expiry(claims: &Map<String, Value>) -> Option<Timestamp> {
    let written = text(claims, "exp")?;
    if let Ok(seconds) = written.parse() {
        return Timestamp::from_second(seconds).ok();
    }
    let with_offset = written.replace(" UTC ", " +0000 ").replace(" GMT ", " +0000 ");
    Timestamp::strptime("%a %b %d %H:%M:%S %z %Y", with_offset).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: &str = "2026-11-20T10:00:00Z";

    fn admit(audience: &str, claims: Value) -> Result<Claims, Failure> {
        let event = json!({"requestContext": {"authorizer": {"claims": claims}}});
        let request: ApiRequest = serde_json::from_value(event).unwrap();
        Audience::parse(audience).admit(&request, NOW.parse().unwrap())
    }

    fn refused(claims: Value) -> bool {
        matches!(admit("web", claims), Err(Failure::Unauthenticated(_)))
    }

    #[test]
    fn an_identity_token_names_its_person_and_family() {
        let family = "7c0c2f0a-9a37-4cf1-9c43-5e3c0a5ad0a1";
        let claims = json!({"sub": "s", "token_use": "id", "aud": "web", "custom:family_id": family,
            "exp": "Fri Nov 20 10:53:06 UTC 2026", "custom:timezone": "Europe/Berlin"});
        let found = admit("web, other", claims).unwrap();
        assert_eq!(found.family, FamilyId::parse(family));
        assert_eq!(found.time_zone.as_deref(), Some("Europe/Berlin"));
    }

    #[test]
    fn no_token_an_old_one_and_one_for_somebody_else_are_refused() {
        assert!(refused(json!({})));
        assert!(refused(json!({"sub": ""})));
        assert!(refused(json!({"sub": "s", "aud": "web", "token_use": "access"})));
        assert!(refused(json!({"sub": "s", "aud": "web", "exp": "Fri Nov 20 09:59:59 UTC 2026"})));
        assert!(refused(json!({"sub": "s", "aud": "web", "exp": 1_700_000_000})));
        assert!(refused(json!({"sub": "s", "aud": "mobile"})));
        assert!(refused(json!({"sub": "s"})));
        assert!(refused(json!({"sub": "s", "aud": "web", "custom:family_id": "' or true --"})));
    }
}
