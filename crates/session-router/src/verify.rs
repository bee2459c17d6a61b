//! The handshake with a messenger: `connect` with a challenge, and what came back.

use bus::Message;
use chat::chance::Chance;
use chat::command::Verification;
use chat::id::{ChannelId, UserId};
use chat::reason::Reason;
use chat::record::Stream;
use chat::rpc::{AttemptReply, AttemptRequest, Outcome, Security};
use chat::secret::Secret;
use chat::state::Channel;
use chat::subject;
use chat::time::Timestamp;
use chat::verification::{Purpose, judge};
use serde_json::{Value, json};

use crate::api::CommandKey;
use crate::attempt::Target;
use crate::library::Library;
use crate::view::object::Object;

/// How much of a messenger's answer an administrator is shown, in characters.
const SHOWN_CHARS_MAX: usize = 2_000;

/// A messenger that is asked to verify itself, and who waits to hear of it.
pub(crate) struct Verify {
    channel: ChannelId,
    generation: u32,
    purpose: Purpose,
    challenge: String,
    code: Secret,
    security: Security,
    /// What egress is asked.
    pub(crate) request: AttemptRequest,
    /// The request of the administrator; none when a restart asks.
    pub(crate) requester: Option<Requester>,
}

/// Who asked for a verification, and what tells a repetition.
pub(crate) struct Requester {
    pub(crate) message: Message,
    pub(crate) user: UserId,
    pub(crate) key: CommandKey,
}

/// How far a handshake is, with what its trace says of that.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step<'a> {
    /// Egress is about to be asked.
    Sending,
    /// The messenger has answered, or has not.
    Answered(&'a Value),
    /// It is decided what that means.
    Judged(&'a Value),
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
    /// Asks the channel as it stands, at its webhook or the one that the purpose names.
    pub(crate) fn of(
        library: &Library,
        (id, channel): (ChannelId, &Channel),
        purpose: Purpose,
        public_url: &str,
        (now, chance): (Timestamp, &mut Chance),
    ) -> Self {
        let mut target = Target::of(library, id, channel, now);
        if let Purpose::Webhook(webhook) = &purpose {
            target.url.clone_from(webhook);
        }
        let challenge = hex(&chance.bytes::<24>());
        let last = channel.last_external.as_deref();
        let attempt = format!("connect-{id}-{}", hex(&chance.bytes::<8>()));
        let request = target.request(attempt, |to| to.connect(public_url, &challenge, last));
        let (code, security) = (target.token(), channel.security);
        Self {
            channel: id,
            generation: channel.generation,
            purpose,
            challenge,
            code,
            security,
            request,
            requester: None,
        }
    }

    /// What follows from the messenger's answer, and how it looks to an administrator.
    pub(crate) fn judge(&self, reply: &AttemptReply) -> (Verification, Value) {
        let result = judge(&reply.outcome, &self.code, &self.challenge, self.security);
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

    /// The subject and the payload that tell administrators how far it is: not stored, and with the
    /// shapes of the trace that ends it.
    pub(crate) fn told(&self, step: Step<'_>, subjects: &subject::Subjects) -> (String, Vec<u8>) {
        let requester = self.requester.as_ref();
        let told = Object::new()
            .with("channel", self.channel)
            .with("step", step.name())
            .with_some("user", requester.map(|r| &r.user))
            .with_some("commandId", requester.and_then(|r| r.key.id));
        let told = match step {
            Step::Sending => told.with("sent", self.sent()),
            Step::Answered(trace) => told
                .with("received", trace.get("received"))
                .with("ms", trace.get("ms")),
            Step::Judged(trace) => told.with("error", trace.get("error")),
        };
        let stream = Stream::Channel(self.channel).to_string();
        let subject = subjects.audit(&stream, "handshake");
        (subject, told.value().to_string().into_bytes())
    }

    /// Whether this was about a new webhook, which is used only if its messenger proves itself.
    pub(crate) const fn moves_webhook(&self) -> bool {
        matches!(self.purpose, Purpose::Webhook(_))
    }

    /// What was sent, what came back, and how long it took; the code is left out.
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

    /// The start of an answer, without the code should the messenger repeat it.
    fn shown(&self, answer: &[u8]) -> String {
        let mut text: String = String::from_utf8_lossy(answer)
            .chars()
            .take(SHOWN_CHARS_MAX)
            .collect();
        if !self.code.expose().is_empty() {
            text = text.replace(self.code.expose(), "***");
        }
        text
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}
