//! The handshake with a messenger: `connect` with a challenge, and the check of the answer.

use bus::Message;
use chat::chance::Chance;
use chat::command::Verification;
use chat::id::{ChannelId, CommandId, UserId};
use chat::reason::Reason;
use chat::record::Stream;
use chat::rpc::{AttemptReply, AttemptRequest, Outcome, Security};
use chat::secret::Secret;
use chat::state::Channel;
use chat::subject;
use chat::time::Timestamp;
use chat::verification::{Purpose, judge};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

use crate::api::CommandKey;
use crate::attempt::Target;
use crate::config::{VERIFICATIONS_MAX, VERIFICATIONS_PER_USER_MAX};
use crate::known_codes::KnownCodes;
use crate::quota::Quota;
use crate::sealed_log::SealedLog;
use crate::view::object::Object;

/// How much of a messenger's answer the trace shows, in characters.
const SHOWN_CHARS_MAX: usize = 2_000;

/// The verification of one messenger.
pub(crate) struct Verify {
    channel: ChannelId,
    pub(crate) generation: u32,
    purpose: Purpose,
    challenge: String,
    codes: Vec<Secret>,
    known_codes: KnownCodes,
    security: Security,
    /// The request to egress.
    pub(crate) request: AttemptRequest,
    /// The administrator who asked for it; `None` after a restart.
    pub(crate) requester: Option<Requester>,
}

/// The request of the user who asked for a verification.
pub(crate) struct Requester {
    pub(crate) message: Message,
    pub(crate) user: UserId,
    pub(crate) key: CommandKey,
}

/// A step of a handshake, with its trace so far.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step<'a> {
    /// The request is about to be sent.
    Sending,
    /// The messenger answered, or the attempt failed.
    Answered(&'a Value),
    /// The answer was judged.
    Judged(&'a Value),
}

/// The running verifications.
pub(crate) struct Verifications {
    quota: Quota,
    /// The number for each channel that may become active, whether a user requested it or not.
    connecting: BTreeMap<ChannelId, u32>,
    /// The commands that started them, if they have an id.
    commands: BTreeSet<(UserId, CommandId)>,
}

impl Verifications {
    pub(crate) const fn new() -> Self {
        Self {
            quota: Quota::new(VERIFICATIONS_MAX, VERIFICATIONS_PER_USER_MAX),
            connecting: BTreeMap::new(),
            commands: BTreeSet::new(),
        }
    }

    /// Whether a verification for this user may start.
    pub(crate) fn allows(&self, user: &UserId) -> bool {
        self.quota.allows(user)
    }

    /// Counts the verification of a requester as running. Returns false if the same command started
    /// one already.
    pub(crate) fn start(&mut self, requester: &Requester) -> bool {
        let command = requester.command();
        let is_new = command.is_none_or(|command| self.commands.insert(command));
        if is_new {
            self.quota.started(&requester.user);
        }
        is_new
    }

    /// Notes that `connect` is sent.
    pub(crate) fn sending(&mut self, verify: &Verify) {
        if verify.connects() {
            *self.connecting.entry(verify.channel).or_default() += 1;
        }
    }

    /// Notes that `connect` is answered, or failed.
    pub(crate) fn answered(&mut self, verify: &Verify) {
        if verify.connects()
            && let Some(running) = self.connecting.get_mut(&verify.channel)
        {
            *running -= 1;
            if *running == 0 {
                self.connecting.remove(&verify.channel);
            }
        }
    }

    /// Whether `connect` was sent to a channel's messenger, is not answered, and may make it active.
    pub(crate) fn is_connecting(&self, channel: ChannelId) -> bool {
        self.connecting.contains_key(&channel)
    }

    pub(crate) fn finish(&mut self, requester: &Requester) {
        self.quota.ended(&requester.user);
        if let Some(command) = requester.command() {
            self.commands.remove(&command);
        }
    }
}

impl Requester {
    fn command(&self) -> Option<(UserId, CommandId)> {
        Some((self.user.clone(), self.key.id?))
    }
}

impl Step<'_> {
    const fn name(self) -> &'static str {
        match self {
            Self::Sending => "sending",
            Self::Answered(_) => "answered",
            Self::Judged(_) => "judged",
        }
    }
}

impl Verify {
    /// Prepares the request to the channel's webhook, or to the one that the purpose names.
    pub(crate) fn of(
        sealed_log: &SealedLog,
        (id, channel): (ChannelId, &Channel),
        purpose: Purpose,
        (public_url, last_message_id): (&str, Option<&str>),
        (now, chance): (Timestamp, &mut Chance),
    ) -> Self {
        let mut target = Target::of(sealed_log, id, channel, now);
        if let Purpose::Webhook(webhook) = &purpose {
            target.url.clone_from(webhook);
        }
        let challenge = hex(&chance.bytes::<24>());
        let attempt = format!("connect-{id}-{}", hex(&chance.bytes::<8>()));
        let request = target.request(attempt, |to| {
            to.connect(public_url, &challenge, last_message_id)
        });
        Self {
            channel: id,
            generation: channel.generation,
            purpose,
            challenge,
            codes: target.codes,
            known_codes: target.known_codes,
            security: channel.security,
            request,
            requester: None,
        }
    }

    /// Removes the codes from the cause of a failure, which the channel shows.
    pub(crate) fn redact(&self, reply: &mut AttemptReply) {
        self.known_codes.redact_failure(reply);
    }

    /// Judges the messenger's answer. Returns the result and the trace for administrators.
    pub(crate) fn judge(&self, reply: &AttemptReply) -> (Verification, Value) {
        let result = judge(&reply.outcome, &self.codes, &self.challenge, self.security);
        let trace = self.trace(reply, result.as_ref().err());
        let (channel, purpose) = (self.channel, self.purpose.clone());
        (
            Verification {
                channel,
                generation: self.generation,
                purpose,
                result,
            },
            trace,
        )
    }

    /// The subject and the payload of the signal to administrators. Its members are those of the trace.
    pub(crate) fn step(&self, step: Step<'_>, subjects: &subject::Subjects) -> (String, Vec<u8>) {
        let requester = self.requester.as_ref();
        let signal = Object::new()
            .with("channel", self.channel)
            .with("step", step.name())
            .with_some("user", requester.map(|r| &r.user))
            .with_some("commandId", requester.and_then(|r| r.key.id));
        let signal = match step {
            Step::Sending => signal.with("sent", self.sent()),
            Step::Answered(trace) => signal
                .with("received", trace.get("received"))
                .with("ms", trace.get("ms")),
            Step::Judged(trace) => signal.with("error", trace.get("error")),
        };
        let stream = Stream::Channel(self.channel).to_string();
        let subject = subjects.audit(&stream, "handshake");
        (subject, signal.value().to_string().into_bytes())
    }

    /// Whether the answer can make the channel active.
    const fn connects(&self) -> bool {
        !matches!(self.purpose, Purpose::Test)
    }

    /// Whether this is about a new webhook, which is used only if it is verified.
    pub(crate) const fn moves_webhook(&self) -> bool {
        matches!(self.purpose, Purpose::Webhook(_))
    }

    /// What was sent, what came back, and how long it took, without the code.
    fn trace(&self, reply: &AttemptReply, error: Option<&Reason>) -> Value {
        let received = match &reply.outcome {
            Outcome::Answered { status, answer, .. } => {
                json!({ "status": status, "body": self.shown(answer) })
            }
            Outcome::Failed(_) => Value::Null,
        };
        json!({
            "sent": self.sent(),
            "received": received,
            "ms": reply.ms,
            "error": error.map(Reason::to_string),
        })
    }

    fn sent(&self) -> Value {
        let mut body: Value = serde_json::from_slice(&self.request.body).unwrap_or_default();
        if let Some(token) = body.get_mut("token") {
            *token = "***".into();
        }
        json!({ "url": self.request.url, "webhookId": self.request.id, "body": body })
    }

    /// The start of an answer without the codes, in case the messenger repeats them.
    fn shown(&self, answer: &[u8]) -> String {
        let text = String::from_utf8_lossy(answer);
        self.known_codes.redact(&text, SHOWN_CHARS_MAX)
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}
