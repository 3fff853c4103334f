//! The user pool's client for Discord, and where its sign-in pages are.

use second_brain_aws::AwsClient;
use second_brain_aws::identity::{Pool, TokenUse, TokenVerifier};
use second_brain_outbound::{Outbound, encoded};
use second_brain_runtime::settings::optional;

pub struct SignIn {
    pub pool: String,
    pub client: String,
    pub domain: String,
    pub tokens: TokenVerifier,
}

impl SignIn {
    pub fn from_environment(aws: &AwsClient, outbound: Outbound) -> Option<Self> {
        let (pool, client) = (optional("USER_POOL_ID")?, optional("DISCORD_CLIENT_ID")?);
        let domain = optional("COGNITO_DOMAIN")?;
        let domain = if domain.contains("://") { domain } else { format!("https://{domain}") };
        let issuer = Pool {
            region: aws.region().to_owned(),
            id: pool.clone(),
            client: client.clone(),
            token_use: TokenUse::Id,
        };
        Some(Self { pool, client, domain, tokens: TokenVerifier::new(outbound, issuer) })
    }

    /// Where a person signs in; a state and a challenge need no encoding.
    pub fn address(&self, encoded_redirect_uri: &str, state: &str, challenge: &str) -> String {
        format!(
            "{}/oauth2/authorize?response_type=code&client_id={}&redirect_uri={encoded_redirect_uri}\
             &scope=openid+email&state={state}&code_challenge={challenge}&code_challenge_method=S256",
            self.domain,
            encoded(&self.client),
        )
    }
}
