//! Secrets that work once: random, stored as SHA-256, compared in constant time.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom, SystemRandom};
use second_brain_domain::Failure;
use subtle::ConstantTimeEq;

/// Digits and letters without I, L, O and U, which people take for others.
const CODE_ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const CODE_LENGTH: usize = 10;

/// 32 random bytes in 43 characters, which suits a ticket, a state, a cookie and a PKCE verifier alike.
pub fn random() -> Result<String, Failure> {
    random_bytes::<32>().map(|bytes| URL_SAFE_NO_PAD.encode(bytes))
}

pub fn hash(secret: &str) -> Vec<u8> {
    digest(&SHA256, secret.as_bytes()).as_ref().to_vec()
}

/// In constant time: the duration does not depend on where the two differ.
pub fn is_same(left: &[u8], right: &[u8]) -> bool {
    left.ct_eq(right).into()
}

/// Something to type: 50 random bits, which five tries do not guess.
pub fn code() -> Result<String, Failure> {
    let bytes = random_bytes::<CODE_LENGTH>()?;
    let digits = bytes.map(|byte| char::from(CODE_ALPHABET[usize::from(byte % 32)]));
    let (first, second) = digits.split_at(CODE_LENGTH / 2);
    Ok(first.iter().chain(&['-']).chain(second).collect())
}

/// The hash of a code as a person typed it: in any case, with or without separators.
pub fn typed_code_hash(typed: &str) -> Vec<u8> {
    let letters =
        typed.chars().filter(char::is_ascii_alphanumeric).map(|letter| match letter.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            other => other,
        });
    hash(&letters.collect::<String>())
}

fn random_bytes<const LENGTH: usize>() -> Result<[u8; LENGTH], Failure> {
    let mut bytes = [0; LENGTH];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| Failure::unavailable("the random numbers", "the system has none"))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_the_same_however_it_is_typed() {
        let code = code().unwrap();
        assert_eq!(code.len(), CODE_LENGTH + 1);
        for typed in [code.to_lowercase(), code.replace('-', ""), format!(" `{code}` ")] {
            assert!(is_same(&typed_code_hash(&typed), &typed_code_hash(&code)), "{typed}");
        }
        assert_eq!(typed_code_hash("oil"), typed_code_hash("011"));
        assert_ne!(typed_code_hash(""), typed_code_hash(&code));
    }

    #[test]
    fn two_secrets_are_never_the_same() {
        assert_ne!(random().unwrap(), random().unwrap());
        assert_ne!(code().unwrap(), code().unwrap());
        assert_eq!(random().unwrap().len(), 43);
        assert!(!is_same(b"", &hash("")) && is_same(&hash("a"), &hash("a")));
    }
}
