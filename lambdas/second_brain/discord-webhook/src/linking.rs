//! Links a Discord account to a person of the user pool. The link is bound to the Discord account that
//! typed /link; a person who signs in on its page confirms the link, but cannot complete it.
//!
//! ```text
//! Discord     /link               replies with the address of a page, which holds a ticket
//! browser     GET  link           shows which Discord account asked; changes nothing
//!             POST link           redeems the ticket, sets a cookie, redirects to Cognito (state, PKCE)
//!             GET  callback       redeems the state, checks the cookie, shows both accounts and a form
//!             POST confirm        redeems the form's value, checks the cookie, shows a code
//! Discord     /link code:XXXXX    redeems the code, if the account is the one that typed /link
//! ```
//!
//! An attacker who sends their own page to somebody else gains nothing when that person signs in, nor when
//! they confirm: the code is shown in the browser of the person who signed in, and is valid for the
//! attacker's Discord account only. The attacker would have to be given the code.
//!
//! Every ticket, state, form value and code works once, for ten minutes (`link_attempts` in the store).

use std::rc::Rc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use second_brain_aws::AwsClient;
use second_brain_aws::cognito::{self, CodeExchange};
use second_brain_domain::link::LinkedPerson;
use second_brain_domain::ports::ResolveCaller;
use second_brain_domain::{Claims, Failure};
use second_brain_http::{Answer, ApiRequest, ApiResponse};
use second_brain_outbound::{Outbound, encoded};
use second_brain_store::{Database, ExternalAccount, Provider, SignedInUser, Step, StepName};

use crate::pages;
use crate::sign_in::SignIn;
use second_brain_one_time::{code, hash, is_same, random, typed_code_hash};

/// `__Host-`: only this host can have set it, over TLS.
const COOKIE: &str = "__Host-second-brain-link";
const REFUSED: Failure =
    Failure::Unauthenticated("this link is not, or no longer, valid; ask for another with /link");

pub struct Linking {
    pub aws: Rc<AwsClient>,
    pub outbound: Outbound,
    pub database: Rc<Database>,
    pub pool: Option<SignIn>,
}

impl Linking {
    pub fn from_environment(aws: Rc<AwsClient>, outbound: Outbound, database: Rc<Database>) -> Self {
        let pool = SignIn::from_environment(&aws, outbound.clone());
        Self { aws, outbound, database, pool }
    }

    /// The address of the page that starts the link, for a reply that only this account sees.
    pub async fn begin(&self, account: &ExternalAccount, redirect_uri: &str) -> Result<String, Failure> {
        self.sign_in()?;
        let ticket = random()?;
        self.database.begin_link(account, &hash(&ticket)).await?;
        let pages = redirect_uri.strip_suffix("callback").unwrap_or(redirect_uri);
        Ok(format!("{pages}link?ticket={ticket}"))
    }

    pub async fn show_start(&self, request: &ApiRequest) -> Answer {
        let sign_in = self.sign_in()?;
        let ticket = request.query("ticket").ok_or(REFUSED)?;
        let account =
            self.database.find_link_request(Provider::Discord, &hash(ticket)).await?.ok_or(REFUSED)?;
        Ok(pages::start(&account, ticket, &sign_in.domain))
    }

    /// Binds the attempt to this browser and redirects it to the sign-in pages.
    pub async fn start_sign_in(&self, request: &ApiRequest, redirect_uri: &str) -> Answer {
        let sign_in = self.sign_in()?;
        let ticket = request.form("ticket")?.ok_or(REFUSED)?;
        let (account, _) = self.redeem(StepName::Asked, &ticket).await?;
        let (cookie, state, code_verifier) = (random()?, random()?, random()?);
        let address = sign_in.address(&encoded(redirect_uri), &state, &challenge(&code_verifier));
        let opened = Step::Opened { browser_hash: hash(&cookie), code_verifier };
        self.next_step(&account, &opened, &state).await?;
        let mut answer = ApiResponse::see_other(address);
        answer.headers.insert("set-cookie", set_cookie(&cookie, 600));
        Ok(answer)
    }

    /// The callback after sign-in: shows the two accounts and asks for confirmation. It links nothing.
    pub async fn show_confirmation(
        &self,
        request: &ApiRequest,
        redirect_uri: &str,
        now: Timestamp,
    ) -> Answer {
        let state = request.query("state").ok_or(REFUSED)?;
        let (account, step) = self.redeem(StepName::Opened, state).await?;
        let Step::Opened { browser_hash, code_verifier } = step else { return Err(REFUSED) };
        same_browser(request, &browser_hash)?;
        let code = request.query("code").ok_or(REFUSED)?;
        let claims = self.signed_in(code, &code_verifier, redirect_uri, now).await?;
        let username = claims.username.clone().ok_or(REFUSED)?;
        let caller = self.database.resolve(&claims).await?;
        let person = SignedInUser::of(&caller, claims.family, username.clone());
        let form = random()?;
        self.next_step(&account, &Step::SignedIn { browser_hash, person }, &form).await?;
        Ok(pages::confirmation(&account, claims.email.as_deref().unwrap_or(&username), &form))
    }

    /// Shows the code that the Discord account must send back. It links nothing yet.
    pub async fn confirm(&self, request: &ApiRequest) -> Answer {
        let form = request.form("confirmation")?.ok_or(REFUSED)?;
        let (account, step) = self.redeem(StepName::SignedIn, &form).await?;
        let Step::SignedIn { browser_hash, person } = step else { return Err(REFUSED) };
        same_browser(request, &browser_hash)?;
        let code = code()?;
        let confirmed = Step::Confirmed { person };
        if !self.database.insert_link_step(&account, &confirmed, &typed_code_hash(&code)).await? {
            return Err(REFUSED);
        }
        let mut answer = pages::code(&account, &code);
        answer.headers.insert("set-cookie", set_cookie("", 0));
        Ok(answer)
    }

    /// Creates the link, if the code is valid for this Discord account.
    pub async fn complete(&self, account_id: &str, typed: &str) -> Result<bool, Failure> {
        let Some(expected) = self.database.try_link_code(Provider::Discord, account_id).await? else {
            return Ok(false);
        };
        if !is_same(&expected, &typed_code_hash(typed)) {
            return Ok(false);
        }
        self.database.complete_link(Provider::Discord, account_id, &expected).await
    }

    /// Queries Cognito for every command, without a cache, so that a link ends as soon as its person is
    /// disabled, deleted or moved to another family.
    pub async fn still_holds(&self, person: &LinkedPerson) -> Result<bool, Failure> {
        let pool = &self.sign_in()?.pool;
        let now = cognito::user(&self.aws, pool, &person.username).await?;
        Ok(person.is_unchanged(now.as_ref()))
    }

    async fn signed_in(
        &self,
        code: &str,
        code_verifier: &str,
        redirect_uri: &str,
        now: Timestamp,
    ) -> Result<Claims, Failure> {
        let sign_in = self.sign_in()?;
        let client_secret = cognito::client_secret(&self.aws, &sign_in.pool, &sign_in.client).await?;
        let exchange = CodeExchange {
            domain: &sign_in.domain,
            client: &sign_in.client,
            client_secret: &client_secret,
            redirect_uri,
            code,
            code_verifier,
        };
        let token = cognito::exchange(&self.outbound, &exchange).await?.ok_or(REFUSED)?;
        sign_in.tokens.verify(&token, now).await
    }

    async fn redeem(&self, step: StepName, secret: &str) -> Result<(ExternalAccount, Step), Failure> {
        self.database.redeem_link_step(Provider::Discord, step, &hash(secret)).await?.ok_or(REFUSED)
    }

    async fn next_step(&self, account: &ExternalAccount, step: &Step, secret: &str) -> Result<(), Failure> {
        let is_newest = self.database.insert_link_step(account, step, &hash(secret)).await?;
        if is_newest { Ok(()) } else { Err(REFUSED) }
    }

    fn sign_in(&self) -> Result<&SignIn, Failure> {
        let missing = "USER_POOL_ID, COGNITO_DOMAIN or DISCORD_CLIENT_ID is not set";
        self.pool.as_ref().ok_or_else(|| Failure::unavailable("the linking of accounts", missing))
    }
}

/// Only the browser that started the sign-in has the cookie.
fn same_browser(request: &ApiRequest, browser_hash: &[u8]) -> Result<(), Failure> {
    let cookie = request.cookie(COOKIE).ok_or(REFUSED)?;
    if is_same(browser_hash, &hash(cookie)) { Ok(()) } else { Err(REFUSED) }
}

/// `SameSite=Lax`, because the callback is a navigation from the site of the sign-in pages.
fn set_cookie(value: &str, seconds: u32) -> String {
    format!("{COOKIE}={value}; Path=/; Max-Age={seconds}; Secure; HttpOnly; SameSite=Lax")
}

/// PKCE (RFC 7636): the hash goes to the authorize endpoint, the verifier to the token endpoint.
fn challenge(code_verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(hash(code_verifier))
}
