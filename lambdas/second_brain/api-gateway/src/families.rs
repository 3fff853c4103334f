//! The caller's family: who is in it, who may come, and how one goes. The calendar's function serves it, as
//! it does the links (`links.rs`).

use second_brain_domain::family::{
    JoinRequest, KeepFamilies, NewInvitation, Role, Terms, family_name, invitation_id, member_id,
};
use second_brain_domain::ports::ResolveCaller;
use second_brain_domain::{Claims, Failure, Invalid};
use second_brain_http::{Answer, ApiRequest, ApiResponse, Arrival, Audience, Route};
use second_brain_one_time::{code, typed_code_hash};
use serde_json::json;

pub struct Families<'a, S> {
    pub audience: &'a Audience,
    pub store: &'a S,
}

impl<S: ResolveCaller + KeepFamilies> Families<'_, S> {
    pub async fn handle(&self, route: Route, request: &ApiRequest, arrival: Arrival) -> Answer {
        let claims = &self.audience.admit(request, arrival.at)?;
        match (route.method, route.resource) {
            ("GET", "/family") => self.show(claims).await,
            ("POST", "/family") => self.found(request, claims).await,
            ("POST", "/family/join") => self.join(request, claims).await,
            ("POST", "/family/leave") => self.leave(request, claims).await,
            ("GET", "/family/invitations") => self.invitations(claims).await,
            ("POST", "/family/invitations") => self.invite(request, claims).await,
            ("DELETE", "/family/invitations/{invitation_id}") => self.withdraw(request, claims).await,
            ("PUT", "/family/members/{member_id}") => self.change_role(request, claims).await,
            ("DELETE", "/family/members/{member_id}") => self.remove(request, claims).await,
            _ => Err(Failure::NotFound("route")),
        }
    }

    async fn show(&self, claims: &Claims) -> Answer {
        let caller = self.store.resolve(claims).await?;
        Ok(ApiResponse::json(200, &self.store.family(&caller).await?))
    }

    async fn found(&self, request: &ApiRequest, claims: &Claims) -> Answer {
        let name = family_name(&request.body()?)?;
        let caller = self.store.resolve(claims).await?;
        self.store.found(&caller, &name).await?;
        Ok(ApiResponse::json(200, &self.store.family(&caller).await?))
    }

    async fn invite(&self, request: &ApiRequest, claims: &Claims) -> Answer {
        let new = NewInvitation::parse(&request.body()?)?;
        let caller = self.store.resolve(claims).await?;
        let code = code()?;
        let (id, expires_at) = self.store.invite(&caller, &new, &typed_code_hash(&code)).await?;
        let answer = json!({"id": id, "code": code, "role": new.role.as_str(), "uses_left": new.uses,
            "expires_at": expires_at});
        Ok(ApiResponse::json(201, &answer))
    }

    async fn invitations(&self, claims: &Claims) -> Answer {
        let caller = self.store.resolve(claims).await?;
        Ok(ApiResponse::json(200, &json!({"invitations": self.store.invitations(&caller).await?})))
    }

    async fn withdraw(&self, request: &ApiRequest, claims: &Claims) -> Answer {
        let caller = self.store.resolve(claims).await?;
        let invitation = invitation_id(request.path("invitation_id"))?;
        self.store.withdraw(&caller, invitation).await?;
        Ok(ApiResponse::no_content())
    }

    async fn join(&self, request: &ApiRequest, claims: &Claims) -> Answer {
        let JoinRequest { code, terms } = JoinRequest::parse(&request.body()?)?;
        let caller = self.store.resolve(claims).await?;
        let hash = typed_code_hash(&code);
        Ok(ApiResponse::json(200, &self.store.join(&caller, &hash, claims.verified_email(), terms).await?))
    }

    async fn leave(&self, request: &ApiRequest, claims: &Claims) -> Answer {
        let caller = self.store.resolve(claims).await?;
        let terms = Terms::parse(&request.body()?)?;
        Ok(ApiResponse::json(200, &self.store.leave(&caller, terms).await?))
    }

    async fn change_role(&self, request: &ApiRequest, claims: &Claims) -> Answer {
        let caller = self.store.resolve(claims).await?;
        let member = member_id(request.path("member_id"))?;
        let role = Role::read(&request.body()?)?;
        self.store.change_role(&caller, member, role).await?;
        Ok(ApiResponse::json(200, &self.store.family(&caller).await?))
    }

    async fn remove(&self, request: &ApiRequest, claims: &Claims) -> Answer {
        let caller = self.store.resolve(claims).await?;
        let member = member_id(request.path("member_id"))?;
        let dry_run = is_dry_run(request)?;
        Ok(ApiResponse::json(200, &self.store.remove(&caller, member, dry_run).await?))
    }
}

/// Anything but the two words is refused: who mistypes it must not have removed somebody.
fn is_dry_run(request: &ApiRequest) -> Result<bool, Invalid> {
    match request.query("dry_run") {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(Invalid::new("dry_run", "must be true or false")),
    }
}
