//! Authenticates a client by password or API token, with the session router's data.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use bus::{Bus, background};
use chat::id::UserId;
use chat::password::{self, token};
use chat::rpc::{Login, LoginReply, LoginRequest};
use chat::secret::Secret;
use chat::subject::{Question, Subjects};
use metrics::counter;

use crate::limiter::Limiter;
use crate::metric::HASHES;
use crate::request::Request;
use crate::turns::{Turn, Turns};

/// How long the session router may take to subscribe and to reply. After a restart it reads its log
/// first, and a correct password must not be rejected meanwhile.
const ASK_TIMEOUT: Duration = Duration::from_secs(5);
/// The pause between attempts while the session router is not subscribed.
const ASK_PAUSE: Duration = Duration::from_millis(50);

/// Why a sign-in is rejected. The client does not learn the reason.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SignInError {
    #[error("wrong credentials")]
    Wrong,
    #[error("too many failures for this user name; try again in a minute")]
    Paused,
    #[error("too many sign-ins at once")]
    Late,
    #[error("too many sign-ins with unknown names at once")]
    Flood,
    #[error("the user has too many connections")]
    Connections,
    #[error("the password could not be hashed")]
    NotHashed,
    #[error("the session router does not reply")]
    Unavailable(#[source] bus::Error),
}

impl SignInError {
    /// Returns the label of the metric.
    pub(crate) const fn label(&self) -> &'static str {
        match self {
            Self::Wrong => "wrong",
            Self::Paused => "paused",
            Self::Late => "late",
            Self::Flood => "flood",
            Self::Connections => "connections",
            Self::NotHashed => "not_hashed",
            Self::Unavailable(_) => "unavailable",
        }
    }
}

/// The credentials of a request.
enum Proof<'a> {
    Password(&'a Secret),
    Token(&'a Secret),
}

/// Checks credentials.
pub(crate) struct SignIn {
    bus: Bus,
    workspace: Subjects,
    started: Instant,
    turns: Turns,
    // Held for one lookup, never across an await.
    limiter: Mutex<Limiter>,
}

impl SignIn {
    pub(crate) fn new(bus: Bus, workspace: Subjects, started: Instant) -> Self {
        Self {
            bus,
            workspace,
            started,
            turns: Turns::new(),
            limiter: Mutex::default(),
        }
    }

    /// Returns the login that the credentials prove.
    pub(crate) async fn check(&self, request: &Request) -> Result<Login, SignInError> {
        // A name that is not a valid login is treated like an unknown one.
        let user = request.user.parse::<UserId>().ok();
        match proof(request) {
            Proof::Token(token) if request.user.is_empty() => self.by_token(token, None).await,
            Proof::Token(token) => match user {
                Some(user) => self.by_token_of(token, user).await,
                None => Err(SignInError::Wrong),
            },
            Proof::Password(password) => self.by_password(password, user, &request.host).await,
        }
    }

    /// Checks the same credentials against the current data, without hashing the password again.
    pub(crate) async fn recheck(
        &self,
        request: &Request,
        before: &Login,
    ) -> Result<Login, SignInError> {
        match proof(request) {
            Proof::Token(token) => self.by_token(token, Some(&before.user)).await,
            Proof::Password(_) => {
                let question = LoginRequest::Password(before.user.clone());
                let login = self.ask(&question).await?;
                login
                    .filter(|login| login.password_hash == before.password_hash)
                    .ok_or(SignInError::Wrong)
            }
        }
    }

    /// Checks a token given with a user name. Only failures count against the limit: the concurrent
    /// connections of one program must not pause each other.
    async fn by_token_of(&self, token: &Secret, user: UserId) -> Result<Login, SignInError> {
        if self.limiter().refuses(&user, self.started.elapsed()) {
            return Err(SignInError::Paused);
        }
        let login = self.by_token(token, Some(&user)).await;
        if matches!(login, Err(SignInError::Wrong)) {
            self.begin(&user)?;
        }
        login
    }

    /// Checks a token. It has too many bits to be guessed, so there is no limit.
    async fn by_token(&self, token: &Secret, user: Option<&UserId>) -> Result<Login, SignInError> {
        let question = LoginRequest::Token(token::hash(token));
        let login = self.ask(&question).await?.ok_or(SignInError::Wrong)?;
        match user {
            Some(user) if *user != login.user => Err(SignInError::Wrong),
            _ => Ok(login),
        }
    }

    async fn by_password(
        &self,
        password: &Secret,
        user: Option<UserId>,
        host: &str,
    ) -> Result<Login, SignInError> {
        let dummy = Secret::new(password::DUMMY);
        let Some(user) = user else {
            let turn = self.turns.unknown(host).await.ok_or(SignInError::Flood)?;
            self.verify(turn, password.clone(), dummy, None).await?;
            return Err(SignInError::Wrong);
        };
        if self.limiter().refuses(&user, self.started.elapsed()) {
            return Err(SignInError::Paused);
        }
        let login = self.ask(&LoginRequest::Password(user.clone())).await?;
        // An unknown or disabled user costs as much as a known one, and then fails.
        let (turn, hash) = if let Some(login) = &login {
            let turn = self.turns.known().await.ok_or(SignInError::Late)?;
            (turn, login.password_hash.clone())
        } else {
            let turn = self.turns.unknown(host).await;
            (turn.ok_or(SignInError::Flood)?, dummy)
        };
        let password = password.clone();
        let right = self.verify(turn, password, hash, Some(&user)).await?;
        login
            .filter(|login| right && login.user == user)
            .ok_or(SignInError::Wrong)
    }

    /// Hashes the password. Attempts are counted only when they have a turn, so that concurrent
    /// connections with the right password do not pause each other.
    async fn verify(
        &self,
        turn: Turn,
        password: Secret,
        hash: Secret,
        user: Option<&UserId>,
    ) -> Result<bool, SignInError> {
        let began = user.map(|user| self.begin(user)).transpose()?;
        counter!(HASHES).increment(1);
        let is_known = turn.is_known();
        let work = move || {
            let right = password::verify(&password, &hash);
            drop(turn);
            right
        };
        let right = if is_known {
            tokio::task::spawn_blocking(work).await.ok()
        } else {
            background::run(work).await
        };
        let right = right.ok_or(SignInError::NotHashed)?;
        if let (true, Some(user), Some(began)) = (right, user, began) {
            self.limiter().succeeded(user, began);
        }
        Ok(right)
    }

    fn begin(&self, user: &UserId) -> Result<Duration, SignInError> {
        let now = self.started.elapsed();
        let may = self.limiter().begin(user, now);
        may.then_some(now).ok_or(SignInError::Paused)
    }

    async fn ask(&self, question: &LoginRequest) -> Result<LoginReply, SignInError> {
        let until = self.started.elapsed() + ASK_TIMEOUT;
        loop {
            let subject = self.workspace.router(Question::Login);
            match self.bus.ask(subject, question, ASK_TIMEOUT).await {
                Err(bus::Error::NoResponders { .. }) if self.started.elapsed() < until => {
                    tokio::time::sleep(ASK_PAUSE).await;
                }
                answer => return answer.map_err(SignInError::Unavailable),
            }
        }
    }

    fn limiter(&self) -> std::sync::MutexGuard<'_, Limiter> {
        self.limiter.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the credentials. A token may come in the password field, for clients without a token field.
fn proof(request: &Request) -> Proof<'_> {
    if !request.token.expose().is_empty() {
        Proof::Token(&request.token)
    } else if token::is_one(&request.password) {
        Proof::Token(&request.password)
    } else {
        Proof::Password(&request.password)
    }
}
