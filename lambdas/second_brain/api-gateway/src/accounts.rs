//! The accounts by which the caller signs in. The calendar's function serves them, as it does the families.

use second_brain_domain::person::{CodeRequest, KeepAccounts, Provider, account_id, confirmed_account};
use second_brain_domain::ports::ResolveCaller;
use second_brain_domain::{Caller, Claims, Failure};
use second_brain_http::{Answer, ApiRequest, ApiResponse, Arrival, Audience, Route};
use second_brain_one_time::{code, typed_code_hash};
use serde_json::json;

pub struct Accounts<'a, S> {
    pub audience: &'a Audience,
    pub store: &'a S,
}

impl<S: ResolveCaller + KeepAccounts> Accounts<'_, S> {
    pub async fn handle(&self, route: Route, request: &ApiRequest, arrival: Arrival) -> Answer {
        let claims = self.audience.admit(request, arrival.at)?;
        match (route.method, route.resource) {
            ("GET", "/person") => self.list(&self.store.resolve(&claims).await?).await,
            ("POST", "/person/codes") => self.offer(&claims).await,
            ("POST", "/person/link") => self.type_code(request, &claims).await,
            ("POST", "/person/confirm") => self.confirm(request, &claims).await,
            ("DELETE", "/person/accounts/{account_id}") => self.unlink(request, &claims).await,
            _ => Err(Failure::NotFound("route")),
        }
    }

    async fn list(&self, caller: &Caller) -> Answer {
        let accounts = self.store.accounts(caller).await?;
        Ok(ApiResponse::json(200, &json!({"id": caller.user, "accounts": accounts})))
    }

    async fn offer(&self, claims: &Claims) -> Answer {
        let caller = self.store.resolve(claims).await?;
        let code = code()?;
        let hash = typed_code_hash(&code);
        let expires_at = self.store.offer_code(&caller, Provider::of(claims), &hash).await?;
        Ok(ApiResponse::json(201, &json!({"code": code, "expires_at": expires_at})))
    }

    async fn type_code(&self, request: &ApiRequest, claims: &Claims) -> Answer {
        let CodeRequest { code, dry_run } = CodeRequest::parse(&request.body()?)?;
        let caller = self.store.resolve(claims).await?;
        let (provider, hash) = (Provider::of(claims), typed_code_hash(&code));
        Ok(ApiResponse::json(200, &self.store.type_code(&caller, provider, &hash, dry_run).await?))
    }

    async fn confirm(&self, request: &ApiRequest, claims: &Claims) -> Answer {
        let account = confirmed_account(&request.body()?)?;
        let caller = self.store.resolve(claims).await?;
        let moved = self.store.confirm(&caller, account).await?;
        let accounts = self.store.accounts(&caller).await?;
        let answer = json!({"id": caller.user, "accounts": accounts, "notes_moved": moved});
        Ok(ApiResponse::json(200, &answer))
    }

    async fn unlink(&self, request: &ApiRequest, claims: &Claims) -> Answer {
        let account = account_id(request.path("account_id"))?;
        let caller = self.store.resolve(claims).await?;
        self.store.unlink_account(&caller, account).await?;
        Ok(ApiResponse::no_content())
    }
}
