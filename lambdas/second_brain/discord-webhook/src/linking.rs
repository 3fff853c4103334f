//! Whose account at Discord this is: OAuth with the user pool, a state that works once, and PKCE.
//!
//! The state is random and its hash is what the database keeps, with the Discord account that asked and
//! the PKCE verifier. Coming back takes it out, so a second callback with the same state finds nothing.

use std::rc::Rc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom, SystemRandom};
use second_brain_aws::AwsClient;
use second_brain_aws::cognito::{self, CodeExchange};
use second_brain_aws::identity::{Pool, TokenUse, TokenVerifier};
use second_brain_domain::Failure;
use second_brain_domain::ports::ResolveCaller;
use second_brain_http::{Answer, ApiRequest, ApiResponse};
use second_brain_outbound::{Outbound, encoded};
use second_brain_runtime::settings::optional;
use second_brain_store::{Database, LinkRequest, LinkedAs, Provider};

const AFTERWARDS: &str = "https://discord.com/channels/@me";
const REFUSED: Failure =
    Failure::Unauthenticated("this link is not, or no longer, valid; ask for another with /link");

pub struct Linking {
    pub aws: Rc<AwsClient>,
    pub outbound: Outbound,
    pub database: Rc<Database>,
    pub pool: Option<SignIn>,
    pub afterwards: String,
}

/// The pool's client for Discord, and where its sign-in pages are.
pub struct SignIn {
    pool: String,
    client: String,
    domain: String,
    tokens: TokenVerifier,
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
}

impl Linking {
    pub fn from_environment(aws: Rc<AwsClient>, outbound: Outbound, database: Rc<Database>) -> Self {
        let pool = SignIn::from_environment(&aws, outbound.clone());
        let afterwards = optional("APP_URL").unwrap_or_else(|| AFTERWARDS.to_owned());
        Self { aws, outbound, database, pool, afterwards }
    }

    /// The address at which a person signs in to link their account at Discord.
    pub async fn begin(&self, person: &str, redirect_uri: &str) -> Result<String, Failure> {
        let sign_in = self.sign_in()?;
        let (state, verifier) = (random()?, random()?);
        let state_hash = digest(&SHA256, state.as_bytes());
        let link = LinkRequest {
            provider: Provider::Discord,
            external_id: person,
            state_hash: state_hash.as_ref(),
            code_verifier: &verifier,
        };
        self.database.begin_link(&link).await?;
        let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()));
        Ok(format!(
            "{}/oauth2/authorize?response_type=code&client_id={}&redirect_uri={}&scope=openid+email&state={state}\
             &code_challenge={challenge}&code_challenge_method=S256",
            sign_in.domain,
            encoded(&sign_in.client),
            encoded(redirect_uri),
        ))
    }

    /// The way back: the state is taken out first, whatever else the request says.
    pub async fn finish(&self, request: &ApiRequest, redirect_uri: &str, now: Timestamp) -> Answer {
        let sign_in = self.sign_in()?;
        let state = request.query("state").ok_or(REFUSED)?;
        let hash = digest(&SHA256, state.as_bytes());
        let link = self.database.redeem_link(Provider::Discord, hash.as_ref()).await?.ok_or(REFUSED)?;
        let code = request.query("code").ok_or(REFUSED)?;
        let client_secret = cognito::client_secret(&self.aws, &sign_in.pool, &sign_in.client).await?;
        let exchange = CodeExchange {
            domain: &sign_in.domain,
            client: &sign_in.client,
            client_secret: &client_secret,
            redirect_uri,
            code,
            code_verifier: &link.code_verifier,
        };
        let token = cognito::exchange(&self.outbound, &exchange).await?.ok_or(REFUSED)?;
        let claims = sign_in.tokens.verify(&token, now).await?;
        let caller = self.database.resolve(&claims).await?;
        let account = LinkedAs { provider: Provider::Discord, external_id: &link.external_id };
        self.database.link(&account, &caller).await?;
        Ok(ApiResponse::redirect(self.afterwards.clone()))
    }

    fn sign_in(&self) -> Result<&SignIn, Failure> {
        let missing = "USER_POOL_ID, COGNITO_DOMAIN or DISCORD_CLIENT_ID is not set";
        self.pool.as_ref().ok_or_else(|| Failure::unavailable("the linking of accounts", missing))
    }
}

/// 32 random bytes in 43 characters, which suits a state and a PKCE verifier alike.
fn random() -> Result<String, Failure> {
    let mut bytes = [0; 32];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| Failure::unavailable("the random numbers", "the system has none"))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}
