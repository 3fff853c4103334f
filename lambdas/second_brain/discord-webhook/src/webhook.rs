//! The HTTP routes: interactions that Discord signs, and the pages on which people link their account.

use std::rc::Rc;

use second_brain_aws::{AwsClient, functions};
use second_brain_domain::{Failure, Invalid};
use second_brain_http::{Answer, ApiRequest, ApiResponse, Arrival, Handle, Route};
use second_brain_runtime::settings::optional;
use serde::{Deserialize, Serialize};

use crate::discord::{self, Interaction};
use crate::linking::Linking;
use crate::pages;
use crate::signature::{Signatures, Signed};

pub struct Webhook {
    pub aws: Rc<AwsClient>,
    /// This function's own name, to queue events to.
    pub function: String,
    pub signatures: Signatures,
    pub linking: Rc<Linking>,
}

/// A command to be done after its acknowledgement; the event that the function queues to itself.
#[derive(Debug, Serialize, Deserialize)]
pub struct FollowUp {
    pub interaction: String,
    pub application: String,
    pub token: String,
    pub person: String,
    /// None in events that an earlier version queued.
    #[serde(default)]
    pub account_name: String,
    pub command: String,
    pub text: String,
    pub redirect_uri: String,
}

/// Nobody outside can send this: API Gateway's events have no such field, and to invoke the function
/// directly takes a permission on it.
#[derive(Debug, Serialize, Deserialize)]
pub struct FollowUpEvent {
    pub follow_up: FollowUp,
}

impl Handle for Webhook {
    const ROUTES: &'static [Route] = &[
        Route { method: "POST", resource: "/discord/webhook" },
        Route { method: "GET", resource: "/discord/link" },
        Route { method: "POST", resource: "/discord/link" },
        Route { method: "GET", resource: "/discord/callback" },
        Route { method: "POST", resource: "/discord/confirm" },
    ];

    async fn handle(&self, route: Route, request: &ApiRequest, arrival: Arrival) -> Answer {
        let linking = &self.linking;
        let answer = match (route.method, route.resource) {
            ("POST", "/discord/webhook") => return self.interaction(request, arrival).await,
            ("GET", "/discord/link") => linking.show_start(request).await,
            ("POST", "/discord/link") => linking.start_sign_in(request, &redirect_uri(request)).await,
            ("GET", "/discord/callback") => {
                linking.show_confirmation(request, &redirect_uri(request), arrival.at).await
            }
            ("POST", "/discord/confirm") => linking.confirm(request).await,
            _ => Err(Failure::NotFound("route")),
        };
        match answer {
            Err(Failure::Unauthenticated(_)) => Ok(pages::refusal(401)),
            other => other,
        }
    }
}

impl Webhook {
    async fn interaction(&self, request: &ApiRequest, arrival: Arrival) -> Answer {
        let body = request.body()?;
        let signed = Signed {
            signature: request.header("x-signature-ed25519").unwrap_or_default(),
            timestamp: request.header("x-signature-timestamp").unwrap_or_default(),
            body: &body,
        };
        self.signatures.check(&signed, arrival.at).await?;
        let interaction: Interaction =
            serde_json::from_slice(&body).map_err(|_| Invalid::new("body", "is no interaction"))?;
        let answer = match interaction.kind {
            discord::PING => discord::pong(),
            discord::COMMAND => self.acknowledge(&interaction, request).await?,
            _ => return Err(Invalid::new("type", "must be 1 (ping) or 2 (command)").into()),
        };
        Ok(ApiResponse::json(200, &answer))
    }

    async fn acknowledge(
        &self,
        interaction: &Interaction,
        request: &ApiRequest,
    ) -> Result<serde_json::Value, Failure> {
        let person = interaction.person().ok_or_else(|| Invalid::new("user", "is missing"))?;
        let follow_up = FollowUp {
            interaction: interaction.id.clone(),
            application: interaction.application_id.clone(),
            token: interaction.token.clone(),
            person: person.id.clone(),
            account_name: person.name(),
            command: interaction.data.name.clone(),
            text: interaction.text().to_owned(),
            redirect_uri: redirect_uri(request),
        };
        let event = serde_json::to_vec(&FollowUpEvent { follow_up })
            .map_err(|error| Failure::unavailable("the follow-up", error))?;
        match functions::invoke_later(&self.aws, &self.function, event).await {
            Ok(()) => Ok(discord::deferred()),
            Err(failure) => {
                tracing::error!(reason = failure.chain(), "the follow-up could not be queued");
                Ok(discord::message("I could not start on that. Please try again."))
            }
        }
    }
}

/// Where the sign-in pages send people back to: as the pool's client lists it.
fn redirect_uri(request: &ApiRequest) -> String {
    let context = &request.request_context;
    optional("DISCORD_REDIRECT_URL")
        .unwrap_or_else(|| format!("https://{}/{}/discord/callback", context.domain_name, context.stage))
}
