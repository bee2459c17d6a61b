//! The start of the router, and its notices.

mod rows;

use std::time::Duration;

use chat::codec;
use chat::command::Attempted;
use chat::id::UserId;
use chat::messenger::Inbound;
use chat::model::ChannelStatus;
use chat::reason::Reason;
use chat::rejection::Code;
use chat::rpc::{AttemptReply, Audience, InboundReply, InboundRequest, LoginRequest, Outcome};
use chat::rules::Rules;
use chat::subject::Question;
use chat::workspace::Workspace;
use serde_json::{Value, json};

use super::*;
use crate::attempt::failed;
use crate::side_jobs::JobResult;
use crate::view::tests::shell::{Shell, text};

#[test]
fn a_disconnect_notice_is_found_before_later_notices() {
    let mut shell = Shell::new();
    let live_chat = shell.live_chat("Desk", &[]);
    let channel = shell.channel(&live_chat, "https://chat.example/hook");
    let accepted = shell.writes(channel, "chat", "ada", "hello");
    shell.ok(
        "root",
        "channels.disconnect",
        &json!({ "channel": channel }),
    );
    let read = json!({ "session": accepted.session_id, "upTo": accepted.message_id });
    shell.ok("root", "messages.read", &read);
    let found = disconnect_notices(shell.workspace());
    let kinds = found
        .iter()
        .map(|id| &shell.workspace().notices.get(id).unwrap().kind);
    assert_eq!(kinds.collect::<Vec<_>>(), [&NoticeKind::Disconnect]);
}

/// A workspace with a message that waits for a retry: the message and the time of the failure.
fn waiting() -> (Shell, MessageId, Timestamp) {
    let mut shell = Shell::new();
    let live_chat = shell.live_chat("Desk", &[]);
    let channel = shell.channel(&live_chat, "https://chat.example/hook");
    let session = shell.writes(channel, "chat", "ada", "hello").session_id;
    let send = json!({ "session": session, "text": "hi" });
    let sent = shell.ok("root", "messages.send", &send);
    let message: MessageId = text(&sent["messageId"]).parse().unwrap();
    for _ in 0..7 {
        shell.system(SystemCommand::Attempting(message));
        let reply = failed(Reason::TimedOut { ms: 10_000 });
        let generation = shell.workspace().channel(channel).unwrap().generation;
        shell.system(SystemCommand::Attempted(Attempted {
            message,
            generation,
            reply,
        }));
    }
    let failed_at = shell.now;
    assert_eq!(shell.workspace().due(failed_at).count(), 0);
    (shell, message, failed_at)
}

/// The messages that are due and those that have expired after a start of the router.
fn after_start(shell: Shell, now: Timestamp) -> (Vec<MessageId>, usize) {
    shell.into_router(now, |router| {
        router.begin(None, now).unwrap();
        let workspace = router.state().workspace();
        let due = workspace
            .due(now)
            .flat_map(|(_, _, messages)| messages)
            .collect();
        (due, workspace.expired(now).count())
    })
}

#[test]
fn messages_that_waited_while_the_broker_was_down_are_tried_and_not_expired() {
    for down in [Duration::from_secs(1), Duration::from_hours(120)] {
        let (shell, message, failed_at) = waiting();
        let started = after_start(shell, failed_at.plus(down));
        assert_eq!(started, (vec![message], 0), "{down:?}");
    }
}

#[test]
fn a_clock_that_was_set_back_while_the_broker_was_down_delays_no_message() {
    for hours in [3, 24] {
        let (shell, message, failed_at) = waiting();
        let started = after_start(shell, failed_at.shifted(-hours * 3_600_000));
        assert_eq!(started, (vec![message], 0), "{hours} h");
    }
}

#[test]
fn a_jump_of_the_clock_changes_no_wait() {
    for hours in [-24, -3, 24, 120] {
        let (shell, message, failed_at) = waiting();
        let next = |workspace: &Workspace| workspace.wait(message)?.at;
        let wait = next(shell.workspace()).unwrap().since(failed_at);
        let now = failed_at.shifted(hours * 3_600_000);
        shell.into_router(failed_at, |router| {
            router.clock_jumped(hours * 3_600_000, now);
            let workspace = router.state().workspace();
            let next = next(workspace).unwrap();
            assert_eq!(next.since(now), wait, "{hours} h");
            assert_eq!(workspace.expired(now).count(), 0, "{hours} h");
        });
    }
}

/// A router of which a channel has three waiting notices, the most before messages are rejected.
fn full(with: impl FnOnce(&mut Router, ChannelId, Timestamp)) {
    let mut shell = Shell::with(Rules {
        notices_full: 3,
        ..Rules::standard()
    });
    let live_chat = shell.live_chat("Desk", &[]);
    let channel = shell.channel(&live_chat, "https://chat.example/hook");
    shell.writes(channel, "chat", "ada", "one");
    shell.says(channel, &message("old")).unwrap();
    assert_eq!(shell.workspace().notices_of(channel), 3);
    let now = shell.now;
    shell.into_router(now, |router| with(router, channel, now));
}

fn says(router: &mut Router, channel: ChannelId, body: &Value, now: Timestamp) -> InboundReply {
    let known = router.state().workspace().channel(channel).unwrap();
    let mut request = Box::new(InboundRequest {
        channel,
        revision: known.revision,
        inbound: Inbound::read(body.as_object().unwrap()).unwrap().0,
        old_code: None,
        webhook_id: None,
    });
    for _ in 0..30 {
        match router.inbound(*request, now) {
            Ok(reply) => return reply,
            Err(waiting) => request = waiting,
        }
        // Loads what the request missed.
        router.state.look(|_, _| ()).unwrap();
    }
    panic!("{body} needs rows without end");
}

fn message(id: &str) -> Value {
    let data = json!({
        "externalMessageId": id, "externalChatId": "chat", "externalUserId": "ada", "text": "hello",
    });
    json!({ "type": "message", "data": data })
}

fn writes(router: &mut Router, channel: ChannelId, now: Timestamp) -> InboundReply {
    says(router, channel, &message("new"), now)
}

/// Ends all notices that can start now.
fn answer(router: &mut Router, status: Option<u16>, now: Timestamp) -> usize {
    let (workspace, sealed_log) = (router.state.workspace(), router.state.sealed_log());
    let started = router.notices.start(workspace, sealed_log, now);
    let count = started.len();
    for notification in started {
        let reply = match status {
            Some(status) => AttemptReply {
                ms: 1,
                outcome: Outcome::Answered {
                    status,
                    retry_after: None,
                    answer: Vec::new(),
                },
                old_code: None,
            },
            None => failed(Reason::TimedOut { ms: 10_000 }),
        };
        router.handle_result(JobResult::Notified(vec![(notification, reply)]), now);
    }
    count
}

#[test]
fn messages_are_rejected_and_no_outcome_is_dropped_while_a_messenger_falls_behind() {
    full(|router, channel, now| {
        let InboundReply::Rejected(rejection) = writes(router, channel, now) else {
            panic!("accepted")
        };
        assert_eq!(rejection.code, Code::RateLimited);
        assert_eq!(rejection.reason, Reason::NoticesFull { limit: 3 });
        let edit = json!({ "externalMessageId": "unknown", "text": "other" });
        let edit = json!({ "type": "messageEdited", "data": edit });
        let edited = says(router, channel, &edit, now);
        assert_eq!(edited, InboundReply::Done, "only messages have outcomes");
        while answer(router, Some(200), now) > 0 {}
        router.tick(now).unwrap();
        assert_eq!(router.state().workspace().notices_of(channel), 0);
        let accepted = writes(router, channel, now);
        assert!(matches!(accepted, InboundReply::Accepted(_)));
    });
}

#[test]
fn a_repeated_message_needs_no_room() {
    full(|router, channel, now| {
        for is_disk_full in [false, true] {
            router.set_disk_full(is_disk_full);
            assert!(matches!(
                writes(router, channel, now),
                InboundReply::Rejected(_)
            ));
            let reply = says(router, channel, &message("old"), now);
            let InboundReply::Accepted(accepted) = &reply else {
                panic!("{reply:?}")
            };
            assert!(accepted.duplicate);
        }
    });
}

#[test]
fn messages_are_accepted_while_their_messenger_answers_nothing() {
    full(|router, channel, mut now| {
        for n in 0..20 {
            if n == 10 {
                let within_a_minute = writes(router, channel, now);
                assert!(matches!(within_a_minute, InboundReply::Rejected(_)));
            }
            answer(router, None, now);
            now = now.plus(Duration::from_secs(5));
        }
        let accepted = writes(router, channel, now);
        assert!(matches!(accepted, InboundReply::Accepted(_)));
    });
}

#[test]
fn a_rejected_notice_shows_in_the_health_of_its_channel() {
    full(|router, channel, now| {
        answer(router, Some(410), now);
        let channel = router.state().workspace().channel(channel).unwrap();
        assert_eq!(channel.status, ChannelStatus::Active);
        let (_, reason) = channel.last_error.as_ref().unwrap();
        assert!(matches!(reason, Reason::NoticeRefused { status: 410, .. }));
    });
}

#[test]
fn reports_of_the_console_tell_who_is_online_and_whether_anybody_listens() {
    let root: UserId = "root".parse().unwrap();
    let (shell, _, start) = waiting();
    shell.into_router(start, |router| {
        let report = |router: &mut Router, users: &[&UserId], now| {
            let report = Audience {
                anybody: !users.is_empty(),
                users: Some(users.iter().copied().cloned().collect()),
            };
            let answer = router.answer_role(Question::Audience, &codec::encode(&report), now);
            assert!(answer.unwrap().is_none());
            (
                router.presence.is_online(&root, now),
                router.audience.may_listen(now),
            )
        };
        let now = start.plus(Duration::from_mins(1));
        assert_eq!(report(router, &[&root], now), (true, true));
        let now = now.plus(Duration::from_mins(1));
        assert_eq!(report(router, &[], now), (false, false));
        // A sign-in comes before any subscription.
        let login = codec::encode(&LoginRequest::Password(root.clone()));
        router.answer_role(Question::Login, &login, now).unwrap();
        assert!(router.audience.may_listen(now));

        let now = now.plus(Duration::from_mins(1));
        assert_eq!(report(router, &[], now), (false, false));
        let jumped = now.shifted(-3_600_000);
        router.clock_jumped(-3_600_000, jumped);
        assert!(router.audience.may_listen(jumped), "no report of this time");
    });
}
