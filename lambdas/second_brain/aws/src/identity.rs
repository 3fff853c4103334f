//! Tokens of the user pool, verified here: the ones that no API Gateway authorizer has seen.
//!
//! A token is believed when one of the pool's published keys signed it with RS256, the pool issued
//! it, it has not expired, and it was made for our client. Keys are kept; a key id that is not among
//! them asks the pool again, at most once a minute, since pools rotate keys and attackers make ids up.

use std::cell::RefCell;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::Request;
use jiff::{SignedDuration, Timestamp};
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use second_brain_domain::{Claims, Failure};
use second_brain_outbound::{Bounds, Outbound};
use serde::Deserialize;

use crate::client::endpoint;
use crate::cognito::COGNITO;

const KEY_BOUNDS: Bounds = Bounds { within: Duration::from_secs(3), bytes: 256 << 10 };
const ASK_AGAIN_AFTER: SignedDuration = SignedDuration::from_secs(60);
const LONGEST_TOKEN: usize = 16 << 10;
const REFUSED: Failure = Failure::Unauthenticated("the token is not valid");

/// Whose tokens are believed, and which of its two kinds.
pub struct Pool {
    pub region: String,
    pub id: String,
    pub client: String,
    pub token_use: TokenUse,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenUse {
    Access,
    Id,
}

pub struct TokenVerifier {
    outbound: Outbound,
    pool: Pool,
    keys: RefCell<Keys>,
}

#[derive(Default)]
struct Keys {
    published: Vec<Key>,
    asked_at: Option<Timestamp>,
}

#[derive(Clone, Deserialize)]
pub struct Key {
    kid: String,
    n: String,
    e: String,
}

#[derive(Deserialize)]
struct KeySet {
    keys: Vec<Key>,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: String,
}

#[derive(Deserialize)]
struct Body {
    sub: String,
    iss: String,
    exp: i64,
    token_use: String,
    aud: Option<String>,
    client_id: Option<String>,
    /// In an access token; an identity token has `cognito:username`.
    username: Option<String>,
    #[serde(rename = "cognito:username")]
    cognito_username: Option<String>,
    email: Option<String>,
    #[serde(default)]
    email_verified: bool,
    name: Option<String>,
    #[serde(rename = "custom:family_id")]
    family: Option<String>,
    #[serde(rename = "custom:timezone")]
    time_zone: Option<String>,
}

impl TokenVerifier {
    pub fn new(outbound: Outbound, pool: Pool) -> Self {
        Self { outbound, pool, keys: RefCell::default() }
    }

    pub async fn verify(&self, token: &str, now: Timestamp) -> Result<Claims, Failure> {
        let kid = key_id(token).ok_or(REFUSED)?;
        let key = self.key(&kid, now).await?.ok_or(REFUSED)?;
        believed(token, &key, &self.pool, now).ok_or(REFUSED)
    }

    async fn key(&self, kid: &str, now: Timestamp) -> Result<Option<Key>, Failure> {
        if let Some(key) = self.keys.borrow().find(kid) {
            return Ok(Some(key));
        }
        let asked_at = self.keys.borrow().asked_at;
        if asked_at.is_some_and(|at| now.duration_since(at) < ASK_AGAIN_AFTER) {
            return Ok(None);
        }
        let published = self.published_keys().await?;
        *self.keys.borrow_mut() = Keys { published, asked_at: Some(now) };
        Ok(self.keys.borrow().find(kid))
    }

    async fn published_keys(&self) -> Result<Vec<Key>, Failure> {
        let unavailable =
            |error: Box<dyn std::error::Error + Send + Sync>| Failure::unavailable(COGNITO.what, error);
        let base = endpoint(COGNITO, &self.pool.region);
        let request = Request::get(format!("{base}/{}/.well-known/jwks.json", self.pool.id))
            .body(Bytes::new())
            .map_err(|error| unavailable(error.into()))?;
        let reply =
            self.outbound.send(request, KEY_BOUNDS).await.map_err(|error| unavailable(error.into()))?;
        let keys: KeySet = serde_json::from_slice(&reply.body).map_err(|error| unavailable(error.into()))?;
        Ok(keys.keys)
    }
}

impl Keys {
    fn find(&self, kid: &str) -> Option<Key> {
        self.published.iter().find(|key| key.kid == kid).cloned()
    }
}

fn key_id(token: &str) -> Option<String> {
    let head = token.split('.').next().filter(|_| token.len() <= LONGEST_TOKEN)?;
    let header: Header = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(head).ok()?).ok()?;
    (header.alg == "RS256").then_some(header.kid)
}

/// What the token says, if the key signed it and it was made for us, now.
fn believed(token: &str, key: &Key, pool: &Pool, now: Timestamp) -> Option<Claims> {
    let (signed, signature) = token.rsplit_once('.')?;
    let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).ok();
    let public = RsaPublicKeyComponents { n: decode(&key.n)?, e: decode(&key.e)? };
    public.verify(&RSA_PKCS1_2048_8192_SHA256, signed.as_bytes(), &decode(signature)?).ok()?;
    let body: Body = serde_json::from_slice(&decode(signed.split_once('.')?.1)?).ok()?;
    is_for_us(&body, pool, now).then(|| claims(body))
}

fn is_for_us(body: &Body, pool: &Pool, now: Timestamp) -> bool {
    let (made_for, token_use) = match pool.token_use {
        TokenUse::Access => (&body.client_id, "access"),
        TokenUse::Id => (&body.aud, "id"),
    };
    // The issuer's host differs between AWS and its stand-ins; its path, the pool, does not.
    body.iss.rsplit('/').next() == Some(pool.id.as_str())
        && body.exp > now.as_second()
        && body.token_use == token_use
        && made_for.as_deref() == Some(pool.client.as_str())
}

fn claims(body: Body) -> Claims {
    Claims {
        subject: body.sub,
        username: body.cognito_username.or(body.username),
        email: body.email,
        email_verified: body.email_verified,
        name: body.name,
        family: body.family.as_deref().and_then(second_brain_domain::FamilyId::parse),
        time_zone: body.time_zone,
    }
}
