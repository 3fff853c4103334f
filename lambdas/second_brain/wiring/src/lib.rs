//! What all functions are made of, put together from their environment.

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;

use second_brain_aws::{AwsClient, secrets};
use second_brain_domain::Failure;
use second_brain_outbound::Outbound;
use second_brain_runtime::MissingSetting;
use second_brain_runtime::settings::{optional, required};
use second_brain_store::{Database, Login, LoginSource, Place};

/// A server that is slow to answer must not use up what Lambda, or Alexa, waits for a cold start.
const WARM_UP_WITHIN: Duration = Duration::from_millis(1500);

pub struct Parts {
    pub outbound: Outbound,
    pub aws: Rc<AwsClient>,
    pub database: Database,
}

impl Parts {
    /// Reads the settings, and connects while Lambda still counts the time as initialisation.
    pub async fn from_environment() -> Result<Self, MissingSetting> {
        let outbound = Outbound::new();
        let aws = Rc::new(AwsClient::from_environment(outbound.clone())?);
        let secret = required("DATABASE_URL_SECRET_ARN")?;
        let database = Database::new(place(), Box::new(SecretLogin { aws: aws.clone(), secret }));
        database.warm_up(WARM_UP_WITHIN).await;
        Ok(Self { outbound, aws, database })
    }
}

fn place() -> Place {
    Place {
        host: optional("DATABASE_HOST"),
        database: optional("DATABASE_NAME"),
        certificates: optional("PGSSLROOTCERT"),
    }
}

struct SecretLogin {
    aws: Rc<AwsClient>,
    secret: String,
}

impl LoginSource for SecretLogin {
    fn login(&self) -> Pin<Box<dyn Future<Output = Result<Login, Failure>> + '_>> {
        Box::pin(secrets::read_json(&self.aws, &self.secret))
    }
}
