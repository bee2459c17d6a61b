//! Which notices are sent, and when.

mod failures;

use chat::command::{Attempted, SystemCommand};
use chat::id::MessageId;
use chat::reason::Reason;
use serde_json::json;

use super::lane::{PAUSE_MAX, PAUSE_MIN};
use super::*;
use crate::attempt::failed;
use crate::view::tests::shell::{Shell, text};

fn nobody() -> AttemptReply {
    failed(Reason::TimedOut { ms: 10_000 })
}

/// The notices that start now.
fn started(notices: &mut Notices, at: Timestamp, shell: &mut Shell) -> Vec<(NoticeId, NoticeKind)> {
    let mut started = Vec::new();
    loop {
        started.extend(notices.start(shell.workspace(), &shell.sealed_log, at));
        if !shell.load_missed() {
            break;
        }
    }
    let notifications = started.into_iter();
    notifications.map(|n| (n.id, n.kind)).collect()
}

fn finish(
    notices: &mut Notices,
    shell: &Shell,
    (id, kind): &(NoticeId, NoticeKind),
    reply: &AttemptReply,
) -> NoticeOutcome {
    let (rules, mut chance) = (Rules::standard(), Chance::from_seed([5; 32]));
    let with = (&rules, shell.now, &mut chance);
    notices.finish(*id, kind, reply, with).1
}

fn fixture() -> (Shell, ChannelId) {
    let mut shell = Shell::new();
    let live_chat = shell.live_chat("Desk", &[]);
    let channel = shell.channel(&live_chat, "https://chat.example/hook");
    (shell, channel)
}

#[test]
fn a_reconnected_channel_gets_no_disconnect_notice() {
    let (mut shell, channel) = fixture();
    shell.ok(
        "root",
        "channels.disconnect",
        &json!({ "channel": channel }),
    );
    let mut notices = Notices::new();
    notices.force((channel, 0));
    let first = started(&mut notices, shell.now, &mut shell);
    assert_eq!(first, [((channel, 0), NoticeKind::Disconnect)]);
    assert_eq!(
        finish(&mut notices, &shell, &first[0], &nobody()),
        NoticeOutcome::Retry
    );
    shell.ok("root", "channels.reconnect", &json!({ "channel": channel }));
    let later = shell.now.plus(Duration::from_hours(1));
    assert_eq!(started(&mut notices, later, &mut shell), []);
    assert_eq!(notices.take_settled(10), [(channel, vec![0])]);
}

#[test]
fn a_new_channel_of_an_account_gets_no_disconnect_of_the_old_one() {
    let (mut shell, channel) = fixture();
    shell.ok("root", "channels.delete", &json!({ "channel": channel }));
    let mut notices = Notices::new();
    notices.force((channel, 0));
    let first = started(&mut notices, shell.now, &mut shell);
    assert_eq!(first, [((channel, 0), NoticeKind::Disconnect)]);
    finish(&mut notices, &shell, &first[0], &nobody());
    // Forcing it again does not bring it forward.
    notices.force((channel, 0));
    assert_eq!(started(&mut notices, shell.now, &mut shell), []);
    let live_chat = shell.live_chat("Another", &[]);
    shell.channel(&live_chat, "https://chat.example/hook");
    let later = shell.now.plus(Duration::from_hours(1));
    assert_eq!(started(&mut notices, later, &mut shell), []);
}

#[test]
fn outcomes_do_not_wait_for_a_profile_that_is_not_requested() {
    let (mut shell, channel) = fixture();
    shell.writes(channel, "chat", "ada", "hello");
    let mut notices = Notices::new();
    let first = started(&mut notices, shell.now, &mut shell);
    assert!(
        matches!(first[..], [(_, NoticeKind::Profile(_))]),
        "{first:?}"
    );
    notices.drop_stale(shell.workspace());
    assert_eq!(started(&mut notices, shell.now, &mut shell), []);
    // It is settled without an answer, as if too many had come after it.
    shell.system(SystemCommand::NoticesSettled(channel, vec![first[0].0.1]));
    notices.drop_stale(shell.workspace());
    let second = started(&mut notices, shell.now, &mut shell);
    assert!(
        matches!(second[..], [(_, NoticeKind::Outcome(..))]),
        "{second:?}"
    );
}

#[test]
fn an_outcome_waits_at_most_two_seconds_for_the_profile() {
    let (mut shell, channel) = fixture();
    shell.writes(channel, "chat", "ada", "hello");
    let mut notices = Notices::new();
    let profile = started(&mut notices, shell.now, &mut shell).remove(0);
    let wait = Duration::from_secs(2);
    let (soon, over) = (shell.now.plus(wait / 2), shell.now.plus(wait));
    assert_eq!(started(&mut notices, soon, &mut shell), []);
    assert_eq!(notices.next_due(shell.now), Some(over));
    let outcomes = started(&mut notices, over, &mut shell);
    assert!(
        matches!(outcomes[..], [(_, NoticeKind::Outcome(..))]),
        "{outcomes:?}"
    );
    assert_eq!(notices.next_due(shell.now), None);
    // Further outcomes do not wait for the same request.
    shell.writes(channel, "chat", "ada", "again");
    assert_eq!(started(&mut notices, over, &mut shell).len(), 1);
    // The profile that comes later is read all the same.
    let answered = Outcome::Answered {
        status: 200,
        retry_after: None,
        answer: br#"{"username":"Ada"}"#.to_vec(),
    };
    let reply = AttemptReply {
        outcome: answered,
        ..accepted()
    };
    let (rules, mut chance) = (Rules::standard(), Chance::from_seed([5; 32]));
    let with = (&rules, shell.now, &mut chance);
    let (profile, _) = notices.finish(profile.0, &profile.1, &reply, with);
    let username = profile.and_then(|(_, profile)| profile?.username);
    assert_eq!(username.as_deref(), Some("Ada"));
}

#[test]
fn outcomes_do_not_wait_for_the_retry_of_a_profile_and_none_is_requested_meanwhile() {
    let (mut shell, channel) = fixture();
    shell.writes(channel, "chat", "ada", "hello");
    let mut notices = Notices::new();
    let profile = started(&mut notices, shell.now, &mut shell).remove(0);
    assert_eq!(
        finish(&mut notices, &shell, &profile, &nobody()),
        NoticeOutcome::Retry
    );
    let rested = shell.now.plus(PAUSE_MIN);
    let outcomes = started(&mut notices, rested, &mut shell);
    assert!(
        matches!(outcomes[..], [(_, NoticeKind::Outcome(..))]),
        "{outcomes:?}"
    );
    finish(&mut notices, &shell, &outcomes[0], &accepted());
    let requests = |shell: &Shell| {
        let kinds = shell.workspace().notices.iter().map(|(_, n)| &n.kind);
        kinds
            .filter(|kind| matches!(kind, NoticeKind::Profile(_)))
            .count()
    };
    shell.writes(channel, "chat", "ada", "again");
    assert_eq!(requests(&mut shell), 1);
}

#[test]
fn a_profile_request_has_the_time_of_every_attempt() {
    let (mut shell, channel) = fixture();
    shell.writes(channel, "chat", "ada", "hello");
    let started = Notices::new().start(shell.workspace(), &shell.sealed_log, shell.now);
    let request = &started[0].request;
    assert!(request.is_profile);
    assert_eq!(request.timeout_ms, chat::rpc::ATTEMPT_TIMEOUT_MS);
}

#[test]
fn notices_continue_when_no_message_is_left_to_probe_with() {
    let (mut shell, channel) = fixture();
    let session = shell.writes(channel, "chat", "ada", "hello").session_id;
    let send = json!({ "session": session, "text": "hi" });
    let sent = shell.ok("root", "messages.send", &send);
    let message: MessageId = text(&sent["messageId"]).parse().unwrap();
    for _ in 0..40 {
        shell.system(SystemCommand::Attempting(message));
        let reply = nobody();
        let generation = shell.workspace().channel(channel).unwrap().generation;
        shell.system(SystemCommand::Attempted(Attempted {
            message,
            generation,
            reply,
        }));
    }
    assert!(
        shell
            .workspace()
            .channels
            .get(&channel)
            .unwrap()
            .breaker
            .open
    );
    let mut notices = Notices::new();
    assert_eq!(started(&mut notices, shell.now, &mut shell), []);
    let data = json!({ "messageId": message, "status": "failed" });
    shell.says(channel, &json!({ "type": "messageStatus", "data": data }));
    assert!(
        shell
            .workspace()
            .channels
            .get(&channel)
            .unwrap()
            .breaker
            .open
    );
    assert_eq!(started(&mut notices, shell.now, &mut shell).len(), 1);
}

fn accepted() -> AttemptReply {
    answered(200)
}

fn answered(status: u16) -> AttemptReply {
    let outcome = Outcome::Answered {
        status,
        retry_after: None,
        answer: b"{}".to_vec(),
    };
    AttemptReply {
        ms: 7,
        outcome,
        old_code: None,
    }
}

#[test]
fn notices_that_wait_are_sent_when_the_messenger_answers_another_one() {
    let (mut shell, channel) = fixture();
    shell.writes(channel, "first", "ada", "hello");
    let mut notices = Notices::new();
    let profile = started(&mut notices, shell.now, &mut shell).remove(0);
    for _ in 0..8 {
        finish(&mut notices, &shell, &profile, &nobody());
        let mut retries = notices.retries.iter();
        let (at, _) = *retries.find(|(_, id)| *id == profile.0).unwrap();
        shell.now = shell.now.max(at).plus(PAUSE_MAX);
        for other in started(&mut notices, shell.now, &mut shell) {
            if other != profile {
                finish(&mut notices, &shell, &other, &nobody());
            }
        }
    }
    finish(&mut notices, &shell, &profile, &nobody());
    shell.now = shell.now.plus(PAUSE_MAX);
    shell.writes(channel, "second", "eva", "hello");
    let other = started(&mut notices, shell.now, &mut shell);
    assert!(!other.contains(&profile), "it waits for hours");
    finish(&mut notices, &shell, &other[0], &accepted());
    // Starts what is due, and accepts all but the profile. Returns whether that was started.
    let starts = |notices: &mut Notices, shell: &mut Shell| loop {
        let all = started(notices, shell.now, shell);
        for other in all.iter().filter(|other| **other != profile) {
            finish(notices, shell, other, &accepted());
        }
        if all.is_empty() || all.contains(&profile) {
            return !all.is_empty();
        }
    };
    assert!(starts(&mut notices, &mut shell));

    // It fails again: other answers do not repeat it within a minute.
    finish(&mut notices, &shell, &profile, &nobody());
    notices.answered(channel, shell.now);
    shell.now = shell.now.plus(PAUSE_MAX);
    assert!(!starts(&mut notices, &mut shell));
    shell.now = shell.now.plus(Duration::from_mins(1));
    notices.answered(channel, shell.now);
    assert!(starts(&mut notices, &mut shell));
}

#[test]
fn a_401_or_410_ends_a_notice_without_a_pause_and_says_to_what() {
    for status in [401, 410] {
        let (mut shell, channel) = fixture();
        shell.writes(channel, "chat", "ada", "hello");
        let mut notices = Notices::new();
        let first = started(&mut notices, shell.now, &mut shell);
        let refused = Reason::NoticeRefused {
            request: "userInfo".to_owned(),
            status,
        };
        let outcome = finish(&mut notices, &shell, &first[0], &answered(status));
        assert_eq!(outcome, NoticeOutcome::Refused(refused));
        assert_eq!(notices.take_settled(10), [(channel, vec![first[0].0.1])]);
        shell.writes(channel, "second", "eva", "hello");
        assert!(
            !started(&mut notices, shell.now, &mut shell).is_empty(),
            "no pause"
        );
        let later = shell.now.plus(Duration::from_hours(2));
        assert!(!started(&mut notices, later, &mut shell).contains(&first[0]));
    }
}

#[test]
fn a_retry_of_a_notice_keeps_its_pause_when_the_clock_jumps() {
    for by_ms in [-10_800_000, 86_400_000] {
        let (mut shell, channel) = fixture();
        shell.writes(channel, "first", "ada", "hello");
        let mut notices = Notices::new();
        let profile = started(&mut notices, shell.now, &mut shell).remove(0);
        finish(&mut notices, &shell, &profile, &nobody());
        let pause = notices.next_due(shell.now).unwrap().since(shell.now);
        shell.now = shell.now.shifted(by_ms);
        notices.shift(by_ms);
        assert!(!started(&mut notices, shell.now, &mut shell).contains(&profile));
        shell.now = shell.now.plus(pause);
        assert!(started(&mut notices, shell.now, &mut shell).contains(&profile));
    }
}

#[test]
fn notices_name_the_messengers_ids_and_are_dropped_when_their_person_is_forgotten() {
    let (mut shell, channel) = fixture();
    let accepted = shell.writes(channel, "chat", "ada", "hello");
    let external = format!("m{}", accepted.position - 3);
    let session = accepted.session_id;
    shell.ok("root", "sessions.take", &json!({ "session": session }));
    let read = json!({ "session": session, "upTo": accepted.message_id });
    shell.ok("root", "messages.read", &read);
    let body = |request: Option<AttemptRequest>| -> Option<serde_json::Value> {
        serde_json::from_slice(&request?.body).ok()
    };
    let requests = |shell: &mut Shell| -> Vec<_> {
        while shell.workspace().notices.iter().any(|(id, _)| {
            let row = shell.workspace().channel(channel).unwrap();
            let mut targets = Targets::new(&shell.sealed_log, shell.now);
            request(shell.workspace(), &mut targets, *id, row).is_none()
                && shell.workspace().has_needs()
        }) {
            shell.load_missed();
        }
        let workspace = shell.workspace();
        let row = workspace.channel(channel).unwrap();
        let ids = workspace.notices.iter().map(|(id, _)| *id);
        let mut targets = Targets::new(&shell.sealed_log, shell.now);
        let mut request = |id| request(workspace, &mut targets, id, row);
        ids.map(|id| body(request(id))).collect()
    };
    let named: Vec<_> = requests(&mut shell).into_iter().flatten().collect();
    let names = |kind: &str, member: &str, value: &str| {
        let of_kind = named.iter().find(|body| body["type"] == kind).unwrap();
        assert_eq!(of_kind["data"][member], value, "{of_kind}");
    };
    names("userInfo", "userId", "ada");
    names("messageOutcome", "messageId", &external);
    names("markAsRead", "messageId", &external);

    let (contact, _) = shell.workspace().contacts.iter().next().unwrap();
    let contact = json!({ "contact": contact });
    shell.ok("root", "contacts.forget", &contact);
    assert!(requests(&mut shell).iter().all(Option::is_none));
    let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
    let mut notices = Notices::new();
    let count = shell.workspace().notices.len();
    metrics::with_local_recorder(&recorder, || {
        assert_eq!(started(&mut notices, shell.now, &mut shell), []);
    });
    let shown = recorder.handle().render();
    assert!(shown.contains(&format!("\n{ERASED} {count}\n")), "{shown}");
    let all = (0..count as u64).collect();
    assert_eq!(notices.take_settled(100), [(channel, all)]);
}
