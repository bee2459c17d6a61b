//! The confirmation codes of a channel, which its messenger may repeat in what it says.

use chat::content::Profile;
use chat::id::ChannelId;
use chat::reason::Reason;
use chat::record::Stream;
use chat::rpc::{AttemptReply, Outcome};
use chat::rules::ANSWER_CHARS_MAX;
use chat::secret::{Secret, redact};
use chat::state::ChannelCode;

use crate::sealed_log::SealedLog;

/// The shortest code that is removed from a profile, in bytes. A shorter one may be part of a person's
/// name or telephone number.
const PROFILE_CODE_BYTES_MIN: usize = 8;

/// All codes of a channel, also those that are no longer valid.
#[derive(Clone, Debug)]
pub(crate) struct KnownCodes(Vec<Secret>);

impl FromIterator<Secret> for KnownCodes {
    fn from_iter<I: IntoIterator<Item = Secret>>(codes: I) -> Self {
        Self(codes.into_iter().collect())
    }
}

impl KnownCodes {
    pub(crate) fn of(sealed_log: &SealedLog, id: ChannelId, codes: &[ChannelCode]) -> Self {
        let stream = Stream::Channel(id);
        let open = |c: &ChannelCode| sealed_log.open_with_master_key(&c.code, &stream);
        codes.iter().filter_map(open).collect()
    }

    /// Removes the codes from a text, and cuts it after `chars_max` characters.
    pub(crate) fn redact(&self, text: &str, chars_max: usize) -> String {
        redact(text, &self.0, chars_max)
    }

    /// Removes the codes from what is stored of a reply to a message.
    pub(crate) fn redact_reply(&self, reply: &mut AttemptReply) {
        self.redact_failure(reply);
        if let Outcome::Answered { answer, .. } = &mut reply.outcome {
            let text = String::from_utf8_lossy(answer);
            let text = text.replace(char::is_control, "");
            *answer = self.redact(&text, ANSWER_CHARS_MAX).into_bytes();
        }
    }

    /// Removes the codes from the cause of a failed attempt. Certificates and errors of the connection
    /// contain text of the messenger.
    pub(crate) fn redact_failure(&self, reply: &mut AttemptReply) {
        if let Outcome::Failed(Reason::TlsFailed { detail } | Reason::ConnectionBroken { detail }) =
            &mut reply.outcome
        {
            *detail = self.redact(detail, usize::MAX);
        }
    }

    /// Removes the codes from a person's profile.
    pub(crate) fn redact_profile(mut self, profile: &mut Profile) {
        self.0
            .retain(|code| code.expose().len() >= PROFILE_CODE_BYTES_MIN);
        let texts = [&mut profile.username, &mut profile.phone_number];
        for text in texts.into_iter().flatten() {
            *text = self.redact(text, usize::MAX);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::view::tests::shell::Shell;

    /// The codes of a channel whose code was replaced.
    fn known_codes() -> KnownCodes {
        let mut shell = Shell::new();
        let live_chat = shell.live_chat("Desk", &[]);
        let id = shell.channel(&live_chat, "https://chat.example/hook");
        let rotate = json!({ "channel": id, "code": "the new code", "overlap": "0s" });
        shell.ok("root", "channels.rotate", &rotate);
        let channel = shell.workspace().channels.get(&id).unwrap();
        KnownCodes::of(&shell.sealed_log, id, &channel.codes)
    }

    fn reply(outcome: Outcome) -> AttemptReply {
        AttemptReply {
            ms: 1,
            outcome,
            old_code: None,
        }
    }

    #[test]
    fn an_answer_is_stored_without_the_present_and_the_previous_code() {
        let known_codes = known_codes();
        for before in 0..ANSWER_CHARS_MAX + 2 {
            let text = format!("{}the new code, secret\x00 code", "x".repeat(before));
            let mut reply = reply(Outcome::Answered {
                status: 422,
                retry_after: None,
                answer: text.into_bytes(),
            });
            known_codes.redact_reply(&mut reply);
            let Outcome::Answered { answer, .. } = &reply.outcome else {
                panic!("{reply:?}")
            };
            let shown = String::from_utf8(answer.clone()).unwrap();
            let kept = shown.trim_start_matches('x');
            assert!("***, ***".starts_with(kept), "{shown}");
        }
    }

    #[test]
    fn an_error_of_the_connection_and_a_profile_are_stored_without_the_codes() {
        let detail = "the certificate is for secret code".to_owned();
        let mut reply = reply(Outcome::Failed(Reason::TlsFailed { detail }));
        let known_codes = known_codes();
        known_codes.redact_reply(&mut reply);
        let detail = "the certificate is for ***".to_owned();
        assert_eq!(reply.outcome, Outcome::Failed(Reason::TlsFailed { detail }));
        let mut profile = Profile {
            username: Some("secret code".to_owned()),
            phone_number: Some("+1 555".to_owned()),
            avatar: None,
        };
        known_codes.redact_profile(&mut profile);
        assert_eq!(profile.username.as_deref(), Some("***"));
        assert_eq!(profile.phone_number.as_deref(), Some("+1 555"));
    }

    #[test]
    fn a_short_code_may_be_part_of_a_name() {
        let mut profile = Profile {
            username: Some("Annabel".to_owned()),
            ..Profile::default()
        };
        KnownCodes(vec![Secret::new("Anna")]).redact_profile(&mut profile);
        assert_eq!(profile.username.as_deref(), Some("Annabel"));
    }
}
