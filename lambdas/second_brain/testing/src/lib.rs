//! A database of its own for each test, on the PostgreSQL that the PG* variables name.
//!
//! The schema is applied once, to a template that is renamed to its final name when it is whole; each
//! test then copies that template, which takes a moment. Without PostgreSQL the tests fail and say how
//! to get one: a test that is skipped shows nothing.

use std::cell::Cell;
use std::env;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use second_brain_domain::entity::{EMBEDDING_DIMENSIONS, Embedding};
use second_brain_domain::{Claims, Failure, FamilyId};
use second_brain_store::{Database, LoginSource, Place};
use serde_json::json;
use tokio_postgres::Client;
use tokio_postgres_rustls::MakeRustlsConnect;
use uuid::Uuid;

const TEMPLATE: &str = "second_brain_template";
const TEMPLATE_LOCK: i64 = 7_300_900;
const EXTENSIONS: &[&str] = &["uuid-ossp", "vector", "postgis", "btree_gist", "pg_trgm"];
const OWNER: &str = "sb_migrator";

/// Who signs in to the database, as `stacks/second_brain/logins.py` lists them.
#[derive(Debug, Clone, Copy)]
pub enum Login {
    Api,
    Discord,
    Alexa,
    Jobs,
    Cleanup,
    Agent,
    Voice,
}

impl Login {
    const ALL: [Self; 7] =
        [Self::Api, Self::Discord, Self::Alexa, Self::Jobs, Self::Cleanup, Self::Agent, Self::Voice];

    const fn role(self) -> &'static str {
        match self {
            Self::Api => "sb_api",
            Self::Discord => "sb_discord",
            Self::Alexa => "sb_alexa",
            Self::Jobs => "sb_jobs",
            Self::Cleanup => "sb_cleanup",
            Self::Agent => "sb_agent",
            Self::Voice => "sb_voice",
        }
    }
}

/// One test's database: as the functions see it, and as the master user does.
pub struct TestDatabase {
    pub name: String,
    pub owner: Client,
}

impl TestDatabase {
    pub async fn create() -> Self {
        make_template().await;
        let name = format!("test_{}", Uuid::new_v4().simple());
        let server = connect(&setting("PGDATABASE")).await;
        server.batch_execute(&format!("create database {name} template {TEMPLATE}")).await.unwrap();
        Self { owner: connect(&name).await, name }
    }

    /// A connection as an environment of one of the API's functions has it.
    pub fn open(&self) -> Database {
        self.open_as(Login::Api)
    }

    pub fn open_as(&self, login: Login) -> Database {
        self.connection(login, vec![setting("PGPASSWORD")], env::var("PGSSLROOTCERT").ok())
    }

    /// With the passwords that the secret holds, one reading after the other, and these authorities.
    pub fn open_with(&self, passwords: Vec<String>, certificates: Option<String>) -> Database {
        self.connection(Login::Api, passwords, certificates)
    }

    fn connection(&self, login: Login, passwords: Vec<String>, certificates: Option<String>) -> Database {
        let place = Place { host: Some(setting("PGHOST")), database: Some(self.name.clone()), certificates };
        Database::new(place, Box::new(Secret { login, passwords, read: Rc::default() }))
    }
}

struct Secret {
    login: Login,
    passwords: Vec<String>,
    read: Rc<Cell<usize>>,
}

impl LoginSource for Secret {
    fn login(&self) -> Pin<Box<dyn Future<Output = Result<second_brain_store::Login, Failure>> + '_>> {
        let password = &self.passwords[self.read.get().min(self.passwords.len() - 1)];
        self.read.set(self.read.get() + 1);
        let secret = json!({"username": self.login.role(), "password": password, "port": setting("PGPORT")});
        Box::pin(std::future::ready(Ok(serde_json::from_value(secret).unwrap())))
    }
}

/// Somebody with a family of their own.
pub fn somebody() -> Claims {
    Claims {
        subject: Uuid::new_v4().to_string(),
        username: Some("somebody".into()),
        email: Some("somebody@example.com".into()),
        email_verified: true,
        name: None,
        family: Some(FamilyId(Uuid::new_v4())),
        time_zone: None,
    }
}

/// A meaning that points along one of the dimensions.
pub fn meaning(direction: usize) -> Embedding {
    let mut values = vec![0.0; EMBEDDING_DIMENSIONS];
    values[direction] = 1.0;
    Embedding::new(values).unwrap()
}

async fn make_template() {
    let server = connect(&setting("PGDATABASE")).await;
    server.execute("select pg_advisory_lock($1)", &[&TEMPLATE_LOCK]).await.unwrap();
    let made = server.query("select from pg_database where datname = $1", &[&TEMPLATE]).await.unwrap();
    if !made.is_empty() {
        return;
    }
    let draft = format!("draft_{}", Uuid::new_v4().simple());
    server.batch_execute(&format!("create database {draft}")).await.unwrap();
    let inside = connect(&draft).await;
    for extension in EXTENSIONS {
        inside.batch_execute(&format!("create extension \"{extension}\"")).await.unwrap();
    }
    make_roles(&inside).await;
    inside.batch_execute(&format!("set role {OWNER}")).await.unwrap();
    for file in schema_files() {
        inside.batch_execute(&std::fs::read_to_string(&file).unwrap()).await.unwrap();
    }
    drop(inside);
    // The server notices a moment later that nobody is connected to the draft any more.
    let rename = format!("alter database {draft} rename to {TEMPLATE}");
    while server.batch_execute(&rename).await.is_err() {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

/// As the migrator does it, but with the master's password for each and without limits.
async fn make_roles(session: &Client) {
    for role in [OWNER].into_iter().chain(Login::ALL.map(Login::role)) {
        let made = session.query("select from pg_roles where rolname = $1", &[&role]).await.unwrap();
        if made.is_empty() {
            let password = setting("PGPASSWORD");
            session.batch_execute(&format!("create role {role} login password '{password}'")).await.unwrap();
        }
    }
    let hand_over = format!("grant {OWNER} to current_user; grant create on schema public to {OWNER}");
    session.batch_execute(&hand_over).await.unwrap();
}

fn schema_files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schema");
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = entries.filter(|path| path.extension().is_some_and(|end| end == "sql")).collect();
    files.sort();
    files
}

async fn connect(database: &str) -> Client {
    let mut config = tokio_postgres::Config::new();
    config
        .host(setting("PGHOST"))
        .port(setting("PGPORT").parse().unwrap())
        .user(setting("PGUSER"))
        .password(setting("PGPASSWORD"))
        .dbname(database)
        .ssl_mode(tokio_postgres::config::SslMode::Require);
    let (client, connection) = config.connect(tls()).await.unwrap();
    tokio::spawn(connection);
    client
}

fn tls() -> MakeRustlsConnect {
    let mut roots = rustls::RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(setting("PGSSLROOTCERT")).unwrap() {
        roots.add(certificate.unwrap()).unwrap();
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    MakeRustlsConnect::new(config)
}

fn setting(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| {
        panic!(
            "{name} is not set: these tests need PostgreSQL. Run them as \
             `.venv/bin/python -m rehearsal.postgres --temporary -- cargo test --manifest-path lambdas/Cargo.toml \
             --all-features` from the repository's root"
        )
    })
}
