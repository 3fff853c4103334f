//! One connection for each Lambda environment.
//!
//! An environment serves one request at a time and may sleep for minutes between two, so a pool would
//! only multiply connections (the instance allows 50). While it sleeps the server may close the
//! connection; that shows on the next statement. A `read` then connects again and repeats itself; a
//! `write` does not, for it cannot know whether it was done. Since every request starts with a read
//! (who is asking, or who holds the lock), a write practically never meets a dead connection.
//!
//! Each kind of function has its own login with a limit to its connections. At the limit the server refuses
//! one more, and the request fails as busy, at once: the caller knows better than we do whether to wait.
//!
//! The login is read once and kept. When the server refuses it, because the password was rotated, it
//! is read again and tried once more.

use std::cell::RefCell;
use std::future::Future;
use std::rc::Rc;
use std::time::Duration;

use second_brain_domain::{Failure, FamilyId};
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Config, Error, Row};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::login::{Login, LoginSource, Place};
use crate::outside_families::OutsideFamilies;
use crate::tls;

pub(crate) const WHAT: &str = "the database";
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// Longer than the server's own limit, for when the server is gone without a word.
const ANSWER_WITHIN: Duration = Duration::from_secs(25);
/// Iterative scans let a filtered nearest-neighbour search go on until it has enough rows. Every
/// statement has its index, and the planner's guess at how common a word is must not make it read the
/// whole table. The time-outs end what a frozen or killed environment left behind.
const SESSION: &str = "-c statement_timeout=20s -c idle_in_transaction_session_timeout=60s \
    -c hnsw.iterative_scan=relaxed_order -c hnsw.ef_search=40 -c pg_trgm.word_similarity_threshold=0.5 \
    -c enable_seqscan=off -c jit=off -c timezone=UTC";

pub(crate) type Parameters<'a> = [(&'a (dyn ToSql + Sync), Type)];

pub struct Database {
    place: Place,
    source: Box<dyn LoginSource>,
    state: RefCell<State>,
}

/// The database as one family sees it. Statements on a family's data exist only here, so that none can be
/// written without saying whose; the server then shows it the rows of that family alone.
pub(crate) struct FamilySession<'a> {
    database: &'a Database,
    family: FamilyId,
}

#[derive(Default)]
struct State {
    login: Option<Rc<Login>>,
    tls: Option<MakeRustlsConnect>,
    client: Option<Rc<Client>>,
    /// A transaction lives and dies with its connection: while it is open, no other one takes its place.
    in_transaction: bool,
}

/// What is logged of a database error. Its detail and hint may quote a row, so they stay out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum QueryError {
    #[error("SQLSTATE {code} {constraint}")]
    Refused { code: String, constraint: String },
    #[error("the connection failed")]
    Connection(#[source] Error),
    #[error("the transaction's connection is gone")]
    TransactionLost,
}

impl Database {
    pub fn new(place: Place, source: Box<dyn LoginSource>) -> Self {
        Self { place, source, state: RefCell::default() }
    }

    /// Connects ahead of the first request. Failing here is no failure: the request will try again.
    pub async fn warm_up(&self, within: Duration) {
        match tokio::time::timeout(within, self.client()).await {
            Ok(Ok(_)) => {}
            Ok(Err(failure)) => tracing::warn!(reason = failure.chain(), "no connection yet"),
            Err(_) => tracing::warn!("no connection in time yet"),
        }
    }

    /// Where statements on a family's data run.
    pub(crate) fn of(&self, family: FamilyId) -> FamilySession<'_> {
        FamilySession { database: self, family }
    }

    /// A statement that may run twice without harm.
    pub(crate) async fn read_outside(
        &self,
        statement: &OutsideFamilies,
        parameters: &Parameters<'_>,
    ) -> Result<Vec<Row>, Failure> {
        self.read_in(None, statement.sql(), parameters).await
    }

    /// A statement that must run at most once.
    pub(crate) async fn write_outside(
        &self,
        statement: &OutsideFamilies,
        parameters: &Parameters<'_>,
    ) -> Result<Vec<Row>, Failure> {
        self.attempt_in(None, statement.sql(), parameters).await?.map_err(failure)
    }

    async fn read_in(
        &self,
        family: Option<FamilyId>,
        sql: &str,
        parameters: &Parameters<'_>,
    ) -> Result<Vec<Row>, Failure> {
        match self.attempt_in(family, sql, parameters).await? {
            Err(error) if is_gone(&error) => {
                self.forget();
                self.attempt_in(family, sql, parameters).await?.map_err(failure)
            }
            other => other.map_err(failure),
        }
    }

    async fn attempt_in(
        &self,
        family: Option<FamilyId>,
        sql: &str,
        parameters: &Parameters<'_>,
    ) -> Result<Result<Vec<Row>, Error>, Failure> {
        let client = self.client().await?;
        let in_transaction = self.state.borrow().in_transaction;
        let answer = match family {
            Some(family) if !in_transaction => {
                bounded(alone_in_transaction(&client, family, sql, parameters)).await
            }
            _ => bounded(client.query_typed(sql, parameters)).await,
        };
        answer.inspect_err(|_| self.forget())
    }

    /// `begin`, `commit` and the like.
    async fn command(&self, sql: &str) -> Result<(), Failure> {
        let client = self.client().await?;
        let answer = bounded(client.batch_execute(sql)).await;
        answer.inspect_err(|_| self.forget())?.map_err(failure)
    }

    async fn client(&self) -> Result<Rc<Client>, Failure> {
        let (current, in_transaction) = {
            let state = self.state.borrow();
            (state.client.clone(), state.in_transaction)
        };
        match current {
            Some(client) if in_transaction || !client.is_closed() => Ok(client),
            None if in_transaction => Err(Failure::unavailable(WHAT, QueryError::TransactionLost)),
            _ => self.connect().await,
        }
    }

    fn forget(&self) {
        self.state.borrow_mut().client = None;
    }

    async fn connect(&self) -> Result<Rc<Client>, Failure> {
        let client = match self.log_in().await? {
            Err(error) if is_refused_login(&error) => {
                tracing::info!("the database refused the login; reading the secret again");
                self.state.borrow_mut().login = None;
                self.log_in().await?
            }
            other => other,
        };
        let client = Rc::new(client.map_err(failure)?);
        self.state.borrow_mut().client = Some(client.clone());
        Ok(client)
    }

    async fn log_in(&self) -> Result<Result<Client, Error>, Failure> {
        let mut config = self.login().await?.configure(&self.place)?;
        config
            .application_name("second_brain")
            .options(SESSION)
            .ssl_mode(tokio_postgres::config::SslMode::Require)
            .connect_timeout(CONNECT_WITHIN)
            .tcp_user_timeout(ANSWER_WITHIN);
        open(&config, self.tls()?).await
    }

    async fn login(&self) -> Result<Rc<Login>, Failure> {
        if let Some(login) = &self.state.borrow().login {
            return Ok(login.clone());
        }
        let login = Rc::new(self.source.login().await?);
        self.state.borrow_mut().login = Some(login.clone());
        Ok(login)
    }

    fn tls(&self) -> Result<MakeRustlsConnect, Failure> {
        if let Some(tls) = &self.state.borrow().tls {
            return Ok(tls.clone());
        }
        let tls = tls::connector(self.place.certificates.as_deref())?;
        self.state.borrow_mut().tls = Some(tls.clone());
        Ok(tls)
    }
}

impl FamilySession<'_> {
    /// A statement that may run twice without harm.
    pub(crate) async fn read(&self, sql: &str, parameters: &Parameters<'_>) -> Result<Vec<Row>, Failure> {
        self.database.read_in(Some(self.family), sql, parameters).await
    }

    /// A statement that must run at most once.
    pub(crate) async fn write(&self, sql: &str, parameters: &Parameters<'_>) -> Result<Vec<Row>, Failure> {
        self.attempt(sql, parameters).await?.map_err(failure)
    }

    /// `write`, for callers that understand some of the database's refusals.
    pub(crate) async fn attempt(
        &self,
        sql: &str,
        parameters: &Parameters<'_>,
    ) -> Result<Result<Vec<Row>, Error>, Failure> {
        self.database.attempt_in(Some(self.family), sql, parameters).await
    }

    /// Everything in `work` or nothing of it.
    pub(crate) async fn transaction<T>(
        &self,
        work: impl AsyncFnOnce() -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        self.database.command(&begin(self.family)).await?;
        let open = OpenTransaction::of(self.database);
        let (ended, outcome) = match work().await {
            Ok(value) => {
                let committed = self.database.command("commit").await;
                (committed.is_ok(), committed.map(|()| value))
            }
            Err(failure) => (self.database.command("rollback").await.is_ok(), Err(failure)),
        };
        if ended {
            open.ended();
        }
        outcome
    }
}

/// The family belongs to the transaction and ends with it. Its id is a UUID, which no text can leave.
fn begin(family: FamilyId) -> String {
    format!("begin; set local app.family = '{}'", family.0)
}

/// One statement in a transaction of its own. The three go out together, in this order, and take one
/// round trip; the last ends the transaction even if the statement fails, or nobody waits for it.
async fn alone_in_transaction(
    client: &Client,
    family: FamilyId,
    sql: &str,
    parameters: &Parameters<'_>,
) -> Result<Vec<Row>, Error> {
    let begin = begin(family);
    let (begun, answer, ended) = tokio::join!(
        biased;
        client.batch_execute(&begin),
        client.query_typed(sql, parameters),
        client.batch_execute("commit"),
    );
    begun?;
    let rows = answer?;
    ended.map(|()| rows)
}

async fn bounded<T>(answer: impl Future<Output = T>) -> Result<T, Failure> {
    tokio::time::timeout(ANSWER_WITHIN, answer).await.map_err(|_| Failure::TooSlow { what: WHAT })
}

/// Work that is dropped half-way, or that could not even roll back, takes its connection with it, so
/// that the next request never finds itself inside somebody else's transaction.
struct OpenTransaction<'a>(&'a Database);

impl<'a> OpenTransaction<'a> {
    fn of(database: &'a Database) -> Self {
        database.state.borrow_mut().in_transaction = true;
        Self(database)
    }

    fn ended(self) {
        self.0.state.borrow_mut().in_transaction = false;
    }
}

impl Drop for OpenTransaction<'_> {
    fn drop(&mut self) {
        let mut state = self.0.state.borrow_mut();
        if std::mem::take(&mut state.in_transaction) {
            state.client = None;
        }
    }
}

async fn open(config: &Config, tls: MakeRustlsConnect) -> Result<Result<Client, Error>, Failure> {
    let connected = tokio::time::timeout(CONNECT_WITHIN * 2, config.connect(tls)).await;
    Ok(connected.map_err(|_| Failure::TooSlow { what: WHAT })?.map(|(client, connection)| {
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::info!(%error, "the connection to the database ended");
            }
        });
        client
    }))
}

/// Whether the server ended the session: it either closed the connection, or still had time to say why.
fn is_gone(error: &Error) -> bool {
    let farewells = [
        &SqlState::ADMIN_SHUTDOWN,
        &SqlState::CRASH_SHUTDOWN,
        &SqlState::IDLE_SESSION_TIMEOUT,
        &SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
    ];
    error.is_closed() || farewells.into_iter().any(|code| error.code() == Some(code))
}

fn is_refused_login(error: &Error) -> bool {
    [&SqlState::INVALID_PASSWORD, &SqlState::INVALID_AUTHORIZATION_SPECIFICATION]
        .into_iter()
        .any(|code| error.code() == Some(code))
}

pub(crate) fn failure(error: Error) -> Failure {
    match error.as_db_error() {
        // Of this login, whose limit is its share of the instance's.
        Some(refused) if refused.code() == &SqlState::TOO_MANY_CONNECTIONS => Failure::Busy { what: WHAT },
        Some(refused) => Failure::unavailable(
            WHAT,
            QueryError::Refused {
                code: refused.code().code().to_owned(),
                constraint: refused.constraint().unwrap_or_default().to_owned(),
            },
        ),
        None => Failure::unavailable(WHAT, QueryError::Connection(error)),
    }
}
