//! Whose voice it is: the access token of the linked account.

use jiff::Timestamp;
use second_brain_aws::AwsClient;
use second_brain_aws::identity::{Pool, TokenUse, TokenVerifier};
use second_brain_domain::ports::FindCaller;
use second_brain_domain::{Caller, Failure};
use second_brain_outbound::Outbound;
use second_brain_runtime::settings::optional;

/// Tokens of the pool's client for Alexa; nobody is recognised where there is none.
pub struct Accounts(Option<TokenVerifier>);

#[derive(Debug)]
pub enum Account {
    /// No token, or one that is not good (any more): Alexa shows the way to link again.
    Unlinked,
    /// A good token of somebody who has never used Second Brain, so nothing says which family is theirs.
    Stranger,
    Person(Caller),
}

impl Accounts {
    pub fn from_environment(aws: &AwsClient, outbound: Outbound) -> Self {
        let pool = optional("USER_POOL_ID").zip(optional("ALEXA_CLIENT_ID"));
        Self(pool.map(|(id, client)| {
            let region = aws.region().to_owned();
            TokenVerifier::new(outbound, Pool { region, id, client, token_use: TokenUse::Access })
        }))
    }

    pub async fn find(
        &self,
        people: &impl FindCaller,
        token: Option<&str>,
        now: Timestamp,
    ) -> Result<Account, Failure> {
        let (Some(verifier), Some(token)) = (&self.0, token) else { return Ok(Account::Unlinked) };
        match verifier.verify(token, now).await {
            Ok(claims) => Ok(people.known(&claims.subject).await?.map_or(Account::Stranger, Account::Person)),
            Err(Failure::Unauthenticated(_)) => Ok(Account::Unlinked),
            Err(failure) => Err(failure),
        }
    }
}
