//! Where the database is and who we are there.

use std::future::Future;
use std::pin::Pin;

use second_brain_domain::Failure;
use serde::Deserialize;
use serde_json::Value;

/// The secret of an RDS database, as RDS writes it: JSON, whatever the variable that names it says.
#[derive(Deserialize)]
pub struct Login {
    pub username: String,
    pub password: String,
    host: Option<String>,
    port: Option<Value>,
    dbname: Option<String>,
}

/// What the environment says of the database; it wins over the secret.
#[derive(Debug, Clone, Default)]
pub struct Place {
    pub host: Option<String>,
    pub database: Option<String>,
    /// A PEM file of certificate authorities to trust instead of those of RDS.
    pub certificates: Option<String>,
}

/// Where a login comes from; asked again when the database refuses the one we have.
pub trait LoginSource {
    fn login(&self) -> Pin<Box<dyn Future<Output = Result<Login, Failure>> + '_>>;
}

impl Login {
    pub(crate) fn configure(&self, place: &Place) -> Result<tokio_postgres::Config, Failure> {
        let host = place.host.as_deref().or(self.host.as_deref());
        let host = host.ok_or_else(|| misconfigured("neither DATABASE_HOST nor the secret names a host"))?;
        let database = place.database.as_deref().or(self.dbname.as_deref()).unwrap_or("second_brain");
        let mut config = tokio_postgres::Config::new();
        config.host(host).port(self.port()?).user(&self.username).password(&self.password).dbname(database);
        Ok(config)
    }

    /// RDS writes a number; people write a string.
    fn port(&self) -> Result<u16, Failure> {
        let port = match &self.port {
            None => Some(5432),
            Some(Value::String(text)) => text.parse().ok(),
            Some(other) => other.as_u64().and_then(|number| u16::try_from(number).ok()),
        };
        port.ok_or_else(|| misconfigured("the secret's port is no port"))
    }
}

fn misconfigured(reason: &'static str) -> Failure {
    Failure::unavailable("the database", reason)
}
