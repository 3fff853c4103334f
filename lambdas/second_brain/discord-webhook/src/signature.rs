//! Discord's signature: Ed25519 over the timestamp and the body as they were sent.
//!
//! The key lies in a secret. A signature that does not fit asks the secret again, at most once a minute,
//! since the key may have been replaced; forgeries gain nothing by it.

use std::cell::RefCell;
use std::rc::Rc;

use jiff::{SignedDuration, Timestamp};
use ring::signature::{ED25519, UnparsedPublicKey};
use second_brain_aws::{AwsClient, secrets};
use second_brain_domain::Failure;
use serde::Deserialize;

const FRESH_FOR: SignedDuration = SignedDuration::from_mins(5);
const READ_AGAIN_AFTER: SignedDuration = SignedDuration::from_secs(60);

#[derive(Deserialize)]
struct Application {
    public_key: String,
}

#[derive(Clone)]
struct Key {
    bytes: Vec<u8>,
    read_at: Timestamp,
}

pub struct Signatures {
    aws: Rc<AwsClient>,
    secret: String,
    key: RefCell<Option<Key>>,
}

/// What Discord sends with every request.
pub struct Signed<'a> {
    pub signature: &'a str,
    pub timestamp: &'a str,
    pub body: &'a [u8],
}

impl Signatures {
    pub fn new(aws: Rc<AwsClient>, secret: String) -> Self {
        Self { aws, secret, key: RefCell::default() }
    }

    pub async fn check(&self, signed: &Signed<'_>, now: Timestamp) -> Result<(), Failure> {
        let refused = Err(Failure::Unauthenticated("the signature is not Discord's"));
        if !is_fresh(signed.timestamp, now) {
            return Err(Failure::Unauthenticated("the request is too old"));
        }
        let known = self.key.borrow().clone();
        match known {
            Some(key) if is_genuine(&key.bytes, signed) => Ok(()),
            Some(key) if now.duration_since(key.read_at) < READ_AGAIN_AFTER => refused,
            _ if is_genuine(&self.read(now).await?, signed) => Ok(()),
            _ => refused,
        }
    }

    async fn read(&self, now: Timestamp) -> Result<Vec<u8>, Failure> {
        let application: Application = secrets::read_json(&self.aws, &self.secret).await?;
        let bytes = hex(application.public_key.trim())
            .ok_or_else(|| Failure::unavailable("the Discord secret", "public_key is not hexadecimal"))?;
        *self.key.borrow_mut() = Some(Key { bytes: bytes.clone(), read_at: now });
        Ok(bytes)
    }
}

fn is_fresh(timestamp: &str, now: Timestamp) -> bool {
    let sent = timestamp.parse().ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    sent.is_some_and(|sent| now.duration_since(sent).abs() <= FRESH_FOR)
}

fn is_genuine(key: &[u8], signed: &Signed<'_>) -> bool {
    let message = [signed.timestamp.as_bytes(), signed.body].concat();
    hex(signed.signature)
        .is_some_and(|signature| UnparsedPublicKey::new(&ED25519, key).verify(&message, &signature).is_ok())
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    (digits.iter().all(u8::is_ascii_hexdigit) && digits.len().is_multiple_of(2))
        .then(|| digits.chunks(2).map(pair).collect())?
}

#[cfg(test)]
mod tests {
    use ring::rand::SystemRandom;
    use ring::signature::{Ed25519KeyPair, KeyPair};

    use super::*;

    fn signed(timestamp: &str, body: &[u8]) -> (Vec<u8>, String) {
        let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        let pair = Ed25519KeyPair::from_pkcs8(document.as_ref()).unwrap();
        let signature = pair.sign(&[timestamp.as_bytes(), body].concat());
        let written = signature.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        (pair.public_key().as_ref().to_vec(), written)
    }

    #[test]
    fn only_what_was_signed_is_genuine() {
        let (key, signature) = signed("1700000000", b"{}");
        let genuine = |timestamp, body, signature| is_genuine(&key, &Signed { signature, timestamp, body });
        assert!(genuine("1700000000", b"{}", &signature));
        assert!(!genuine("1700000001", b"{}", &signature));
        assert!(!genuine("1700000000", b"{ }", &signature));
        for forged in ["", "zz", "00", &"0".repeat(128), &signature[..126], &format!("{signature}00"), "é0"]
        {
            assert!(!genuine("1700000000", b"{}", forged), "{forged}");
        }
        assert!(!is_genuine(&[], &Signed { signature: &signature, timestamp: "1700000000", body: b"{}" }));
    }

    #[test]
    fn old_future_and_unreadable_timestamps_are_not_fresh() {
        let now = Timestamp::from_second(1_700_000_000).unwrap();
        assert!(is_fresh("1700000000", now) && is_fresh("1699999700", now));
        for stale in ["1699999699", "1700000301", "", "now", "99999999999999999999", "-1"] {
            assert!(!is_fresh(stale, now), "{stale}");
        }
    }
}
