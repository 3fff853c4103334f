//! Whose voice it is: the access token of the linked account.
//!
//! A token is valid for an hour after it was issued, whatever happens to its owner. So Cognito is queried
//! for each request: a person who was disabled or deleted is no longer served. In which family they are now
//! the database says, for each request too.

use std::rc::Rc;

use jiff::Timestamp;
use second_brain_aws::AwsClient;
use second_brain_aws::cognito;
use second_brain_aws::identity::{Pool, TokenUse, TokenVerifier};
use second_brain_domain::ports::FindCaller;
use second_brain_domain::{Caller, Claims, Failure};
use second_brain_outbound::Outbound;
use second_brain_runtime::settings::optional;

/// Tokens of the pool's client for Alexa; nobody is recognised where there is none.
pub struct Accounts(Option<UserPool>);

struct UserPool {
    aws: Rc<AwsClient>,
    id: String,
    tokens: TokenVerifier,
}

#[derive(Debug)]
pub enum Account {
    /// No token, or one that is not good (any more): Alexa shows the way to link again.
    Unlinked,
    /// A good token of somebody who has never used Second Brain, so nothing says which family is theirs.
    Stranger,
    Person(Caller),
}

impl Accounts {
    pub fn from_environment(aws: Rc<AwsClient>, outbound: Outbound) -> Self {
        let pool = optional("USER_POOL_ID").zip(optional("ALEXA_CLIENT_ID"));
        Self(pool.map(|(id, client)| {
            let (region, token_use) = (aws.region().to_owned(), TokenUse::Access);
            let tokens = TokenVerifier::new(outbound, Pool { region, id: id.clone(), client, token_use });
            UserPool { aws, id, tokens }
        }))
    }

    pub async fn find(
        &self,
        people: &impl FindCaller,
        token: Option<&str>,
        now: Timestamp,
    ) -> Result<Account, Failure> {
        let (Some(pool), Some(token)) = (&self.0, token) else { return Ok(Account::Unlinked) };
        let claims = match pool.tokens.verify(token, now).await {
            Ok(claims) => claims,
            Err(Failure::Unauthenticated(_)) => return Ok(Account::Unlinked),
            Err(failure) => return Err(failure),
        };
        let Some(caller) = people.known(&claims.subject).await? else { return Ok(Account::Stranger) };
        let is_still = pool.is_still(&claims).await?;
        Ok(if is_still { Account::Person(caller) } else { Account::Unlinked })
    }
}

impl UserPool {
    async fn is_still(&self, claims: &Claims) -> Result<bool, Failure> {
        let Some(username) = &claims.username else { return Ok(false) };
        let user = cognito::user(&self.aws, &self.id, username).await?;
        Ok(user.is_some_and(|user| user.is_still(&claims.subject)))
    }
}
