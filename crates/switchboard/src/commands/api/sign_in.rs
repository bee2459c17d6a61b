//! Signs in to NATS as a user and calls the console API.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use bus::{Bus, Subscription};
use chat::id::UserId;
use chat::secret::Secret;
use chat::subject::{self, Subjects};
use console::nats_server::AUTH_TIMEOUT;
use serde_json::{Value, json};

use crate::data::create::ADMIN;
use crate::data::{self, Data};
use crate::exit::{Exit, Failure, OrExit as _, Result};
use crate::resolve::Loaded;
use crate::settings::{Environment, reachable};

/// The default URL of NATS.
const NATS_URL: &str = "nats://127.0.0.1:4222";

/// How often a request is repeated that the session router is too busy for.
const BUSY_RETRIES_MAX: u32 = 60;
/// The longest pause before a request is repeated.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(30);

/// The user and the server.
#[derive(clap::Args, Debug)]
#[command(next_help_heading = "Signing in")]
#[expect(clippy::doc_markdown, reason = "help is read in a terminal")]
pub(crate) struct SignIn {
    /// The user to sign in as; also SWITCHBOARD_LOGIN.
    #[arg(long, value_name = "LOGIN")]
    login: Option<UserId>,
    /// A file with the password; also SWITCHBOARD_PASSWORD.
    #[arg(long, value_name = "FILE", conflicts_with = "token_file")]
    password_file: Option<PathBuf>,
    /// A file with an API token of the user; also SWITCHBOARD_TOKEN.
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// The URL of NATS [default: from the settings of --data, else nats://127.0.0.1:4222]; also SWITCHBOARD_NATS.
    #[arg(long, value_name = "URL")]
    nats: Option<String>,
    /// The workspace [default: from the settings of --data].
    #[arg(long, value_name = "NAME")]
    workspace: Option<Subjects>,
    /// A data directory with the settings of NATS.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Timeout of a request, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=3600))]
    timeout: u64,
    /// Print the answer as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// A signed-in user.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) bus: Bus,
    pub(crate) workspace: Subjects,
    user: UserId,
    /// Whether a token was used, which may belong to another user.
    by_token: bool,
    timeout: Duration,
}

impl Caller {
    /// Signs in.
    pub(crate) async fn sign_in(args: &SignIn, environment: &Environment) -> Result<Self> {
        let data = args.data.as_ref().map(Data::at);
        let loaded = Loaded::load(data, environment, &[])?;
        let settings = &loaded.settings;
        let of_settings = match (&settings.nats.url, &loaded.data) {
            (Some(url), _) => Some(url.clone()),
            (None, Some(_)) => Some(format!("nats://{}", reachable(settings.nats.listen.0))),
            (None, None) => None,
        };
        let url = args
            .nats
            .clone()
            .or_else(|| environment.get("SWITCHBOARD_NATS").map(str::to_owned))
            .or(of_settings)
            .unwrap_or_else(|| NATS_URL.to_owned());
        let user = user(args, environment)?;
        let (password, token) = credentials(args, environment)?;
        let by_token = token.is_some();
        let config = bus::Config {
            url,
            user: password.is_some().then(|| user.to_string()),
            password,
            token,
            name: "switchboard-cli".to_owned(),
            inbox_prefix: Some(subject::inbox_prefix(&user)),
        };
        let started = bus::clock::instant();
        let bus = Bus::connect(&config)
            .await
            .map_err(|error| refusal(failure(error, &user), started))?;
        let caller = Self {
            bus,
            workspace: args
                .workspace
                .clone()
                .unwrap_or_else(|| settings.workspace.clone()),
            user,
            by_token,
            timeout: Duration::from_secs(args.timeout),
        };
        caller.require_sign_in(started).await?;
        Ok(caller)
    }

    /// Waits for the first answer. The connection may exist before NATS has decided on the credentials.
    async fn require_sign_in(&self, started: Instant) -> Result {
        let answer = self.call("me", &json!({})).await;
        answer.map(drop).map_err(|error| refusal(error, started))
    }

    /// Calls a method and returns its `ok` object. While the session router is too busy, it asks again
    /// after the time that the router names: nothing has changed then.
    pub(crate) async fn call(&self, method: &str, request: &Value) -> Result<Value> {
        let mut answer = self.ask(method, request).await?;
        for _ in 0..BUSY_RETRIES_MAX {
            let Some(pause) = retry_after(&answer) else {
                break;
            };
            tokio::time::sleep(pause).await;
            answer = self.ask(method, request).await?;
        }
        if let Some(error) = answer.get("error") {
            return Err(rejection(error));
        }
        answer.get_mut("ok").map(Value::take).ok_or_else(|| {
            let message = format!("the answer to {method} has neither ok nor error");
            Failure::message(Exit::Failure, message)
        })
    }

    /// Sends a request and returns the whole answer.
    async fn ask(&self, method: &str, request: &Value) -> Result<Value> {
        let subject = self.workspace.api(&self.user, method);
        let payload = request.to_string().into_bytes().into();
        let response = self.bus.request(subject, &[], payload, self.timeout).await;
        let answer = response.map_err(|error| {
            // NATS drops requests that the user may not publish, without an error.
            let maybe_forbidden = self.by_token && matches!(error, bus::Error::Timeout { .. });
            let mut failure = failure(error, &self.user);
            if maybe_forbidden {
                let message = format!(
                    "no answer; does the token belong to {} (--login)?",
                    self.user
                );
                failure.error = failure.error.context(message);
            }
            failure
        })?;
        serde_json::from_slice(&answer.payload).or_fail(Exit::Failure, || {
            format!("the answer to {method} is not JSON")
        })
    }

    /// Subscribes. NATS processes the messages of a connection in order, so nothing is missed after the
    /// answer to a later request. (A flush is not possible: users may not publish to an inbox.)
    pub(crate) async fn listen(&self, subject: &str) -> Result<Subscription> {
        let subscription = self.bus.subscribe(subject, None).await;
        subscription.map_err(|error| failure(error, &self.user))
    }
}

fn user(args: &SignIn, environment: &Environment) -> Result<UserId> {
    if let Some(login) = &args.login {
        return Ok(login.clone());
    }
    let login = environment.get("SWITCHBOARD_LOGIN").unwrap_or(ADMIN);
    login.parse().or_fail(Exit::Usage, || {
        "SWITCHBOARD_LOGIN is not a valid login".to_owned()
    })
}

/// The password or the token. The command line overrides the environment.
fn credentials(
    args: &SignIn,
    environment: &Environment,
) -> Result<(Option<Secret>, Option<Secret>)> {
    if let Some(path) = &args.password_file {
        return Ok((Some(data::read_secret_argument(path)?), None));
    }
    if let Some(path) = &args.token_file {
        return Ok((None, Some(data::read_secret_argument(path)?)));
    }
    if let Some(password) = environment.secret("SWITCHBOARD_PASSWORD") {
        return Ok((Some(password), None));
    }
    let token = environment.secret("SWITCHBOARD_TOKEN").ok_or_else(|| {
        let message = "give a password (SWITCHBOARD_PASSWORD or --password-file) or a token \
                       (SWITCHBOARD_TOKEN or --token-file)";
        Failure::message(Exit::Usage, message)
    })?;
    Ok((None, Some(token)))
}

/// A failure of the bus with its exit code.
fn failure(error: bus::Error, user: &UserId) -> Failure {
    let is_silent = matches!(
        error,
        bus::Error::Unreachable { .. } | bus::Error::Timeout { .. }
    );
    let mut failure = Failure::of_bus(error, Exit::Usage);
    if is_silent {
        let message = "is the broker running? `switchboard doctor --data DIR` finds what is wrong";
        failure.error = failure.error.context(message);
    }
    if failure.exit == Exit::Denied {
        let message = format!(
            "cannot sign in as {user} (after five wrong passwords a login is refused for a minute)"
        );
        failure.error = failure.error.context(message);
    }
    failure
}

/// Tells wrong credentials from a sign-in that nobody answered, for which NATS has the same error:
/// it comes only when the time for the sign-in is over.
fn refusal(failure: Failure, started: Instant) -> Failure {
    if failure.exit != Exit::Denied || started.elapsed() < AUTH_TIMEOUT {
        return failure;
    }
    let message =
        "NATS runs, but the broker does not answer the sign-in; check that all its roles run";
    Failure::message(Exit::NotConnected, message)
}

/// When a rejected request may be repeated.
fn retry_after(answer: &Value) -> Option<Duration> {
    let seconds = answer.pointer("/error/details/retryAfter")?.as_u64()?;
    Some(Duration::from_secs(seconds).min(RETRY_AFTER_MAX))
}

/// A rejection of the session router: `message (code)`.
fn rejection(error: &Value) -> Failure {
    let text = |name: &str| error.get(name).and_then(Value::as_str);
    let code = text("code").unwrap_or("unknown");
    let known = chat::rejection::Code::ALL
        .iter()
        .find(|known| known.as_str() == code);
    let exit = match known.map(|known| known.status()) {
        Some(401 | 403) => Exit::Denied,
        _ => Exit::Failure,
    };
    let message = text("message").unwrap_or("refused");
    Failure::message(exit, format!("{} ({code})", crate::output::clean(message)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_answer_that_names_a_time_is_asked_for_again() {
        let error =
            |details: Value| json!({ "error": { "code": "unavailable", "details": details } });
        for (answer, pause) in [
            (json!({ "ok": {} }), None),
            (error(json!({})), None),
            (
                error(json!({ "retryAfter": 2 })),
                Some(Duration::from_secs(2)),
            ),
            (
                error(json!({ "retryAfter": 86_400 })),
                Some(RETRY_AFTER_MAX),
            ),
        ] {
            assert_eq!(retry_after(&answer), pause, "{answer}");
        }
    }
}
