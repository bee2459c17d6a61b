use std::time::Duration;

use super::house::{House, able, answered, refused};
use crate::command::{ChannelCommand, Command, Connect, Effect, Update};
use crate::event::Event;
use crate::id::{ChannelId, LiveChatId};
use crate::noun::{ChannelStatus, Verified};
use crate::rejection::Code;
use crate::role::Security;
use crate::secret::Secret;
use crate::state::NoticeKind;
use crate::verification::{Proof, Purpose};

const HOOK: &str = "https://messenger.example/hook";

fn status(house: &House, id: ChannelId) -> ChannelStatus {
    house.workspace.channels.get(&id).unwrap().status
}

fn update(channel: ChannelId) -> Update {
    Update {
        channel,
        webhook: None,
        security: None,
        dialect: None,
        operator_initiated: None,
    }
}

fn notices(house: &House, id: ChannelId) -> Vec<NoticeKind> {
    let all = house.workspace.notices.iter();
    all.filter(|((of, _), _)| *of == id)
        .map(|(_, n)| n.kind.clone())
        .collect()
}

#[test]
fn a_channel_is_pending_until_its_messenger_proves_itself() {
    let mut house = House::open();
    let id = house.new_pending_channel("HTTPS://Other.example:443/x");
    assert_eq!(status(&house, id), ChannelStatus::Pending);
    assert_eq!(house.effects, [Effect::Verify(id, Purpose::Connect)]);
    assert_eq!(
        house.workspace.channel(id).unwrap().webhook,
        "https://other.example/x"
    );
    house.verified(id, Purpose::Connect, Ok(able()));
    let channel = house.workspace.channel(id).unwrap();
    assert_eq!(
        (channel.status, channel.verified),
        (ChannelStatus::Active, Some(Verified::Status))
    );
    assert!(channel.may_initiate());
}

#[test]
fn what_is_wrong_with_a_connection_is_said() {
    let mut house = House::open();
    let good = house.connect("https://other.example/");
    let check = |house: &mut House, change: &dyn Fn(&mut Connect), code| {
        let mut connect = good.clone();
        change(&mut connect);
        refused(house.asks("root", ChannelCommand::Connect(connect)), code);
    };
    check(
        &mut house,
        &|c| c.webhook = "ftp://h/".to_owned(),
        Code::Invalid,
    );
    check(
        &mut house,
        &|c| c.webhook = format!("http://h/{}", "x".repeat(2_048)),
        Code::Invalid,
    );
    check(&mut house, &|c| c.name = String::new(), Code::Invalid);
    check(
        &mut house,
        &|c| c.live_chat = LiveChatId::from_bytes([1; 16]),
        Code::NotFound,
    );
    check(&mut house, &|c| c.code = Secret::new(""), Code::Invalid);
    check(
        &mut house,
        &|c| c.code = Secret::new("x".repeat(1_025)),
        Code::Invalid,
    );
    check(
        &mut house,
        &|c| c.code = Secret::new("two\nlines"),
        Code::Invalid,
    );
    check(
        &mut house,
        &|c| c.code = Secret::new("whsec_not base64"),
        Code::Invalid,
    );
    // The key of this code is empty: anybody could sign with it.
    check(
        &mut house,
        &|c| c.code = Secret::new("whsec_"),
        Code::Invalid,
    );
    check(
        &mut house,
        &|c| {
            c.code = Secret::new("whsec_");
            c.security = Some(Security::Token);
        },
        Code::Invalid,
    );
    refused(
        house.asks("sue", ChannelCommand::Connect(good)),
        Code::Forbidden,
    );
}

#[test]
fn a_standard_webhooks_code_asks_for_signatures() {
    let mut house = House::open();
    let mut connect = house.connect("https://other.example/");
    connect.code = Secret::new("whsec_c2VjcmV0");
    house.does("root", ChannelCommand::Connect(connect));
    let Event::ChannelCreated(created) = &house.records[0].event else {
        panic!()
    };
    assert_eq!(created.security, Security::Signed);
}

#[test]
fn one_account_has_one_live_chat() {
    let mut house = House::open();
    let rejection = house
        .asks(
            "root",
            ChannelCommand::Connect(house.connect("https://MESSENGER.example/hook#x")),
        )
        .unwrap_err();
    assert_eq!(rejection.code, Code::AccountAlreadyConnected);
    assert_eq!(rejection.details["liveChat"], house.live_chat.to_string());
    assert!(rejection.message.contains("\"desk\""));
    house.does("root", ChannelCommand::Disconnect(house.channel));
    refused(
        house.asks("root", ChannelCommand::Connect(house.connect(HOOK))),
        Code::AccountAlreadyConnected,
    );
    house.does("root", ChannelCommand::Delete(house.channel));
    house.does("root", ChannelCommand::Connect(house.connect(HOOK)));
}

#[test]
fn a_channel_that_failed_gives_its_account_up_for_good() {
    let mut house = House::open();
    let failed = house.new_pending_channel("https://other.example/");
    house.verified(failed, Purpose::Connect, Err("no".to_owned()));
    assert_eq!(status(&house, failed), ChannelStatus::Failed);
    let second = house.new_channel("https://other.example/");
    refused(
        house.asks("root", ChannelCommand::Reconnect(failed)),
        Code::AccountAlreadyConnected,
    );
    // To disconnect what never was connected must not take the account back, nor tell the
    // messenger, which has another channel here, that anything ended.
    house.does("root", ChannelCommand::Disconnect(failed));
    assert_eq!(status(&house, failed), ChannelStatus::Failed);
    house.does("root", ChannelCommand::Delete(failed));
    assert!(!notices(&house, failed).contains(&NoticeKind::Disconnect));
    house.does("root", ChannelCommand::Disconnect(second));
    house.does("root", ChannelCommand::Reconnect(second));
    house.verified(second, Purpose::Reconnect, Ok(able()));
    assert_eq!(status(&house, second), ChannelStatus::Active);
}

#[test]
fn a_failed_channel_can_be_tried_again() {
    let mut house = House::open();
    let id = house.new_pending_channel("https://other.example/");
    house.verified(id, Purpose::Connect, Err("no".to_owned()));
    house.does("root", ChannelCommand::Reconnect(id));
    assert_eq!(house.effects, [Effect::Verify(id, Purpose::Reconnect)]);
    house.verified(id, Purpose::Reconnect, Err("still no".to_owned()));
    assert_eq!(
        house.workspace.channel(id).unwrap().reason.as_deref(),
        Some("still no")
    );
    house.verified(id, Purpose::Reconnect, Ok(able()));
    assert_eq!(status(&house, id), ChannelStatus::Active);
}

#[test]
fn an_administrator_who_gives_up_on_a_pending_channel_is_not_overruled_by_a_late_answer() {
    let mut house = House::open();
    let id = house.new_pending_channel("https://other.example/");
    house.does("root", ChannelCommand::Disconnect(id));
    assert_eq!(status(&house, id), ChannelStatus::Failed);
    house.verified(id, Purpose::Connect, Ok(able()));
    assert_eq!(status(&house, id), ChannelStatus::Failed);
}

#[test]
fn disconnecting_tells_the_messenger_once() {
    let mut house = House::open();
    let id = house.channel;
    house.does("root", ChannelCommand::Disconnect(id));
    assert_eq!(notices(&house, id), [NoticeKind::Disconnect]);
    house.verified(id, Purpose::Reconnect, Err("not yet".to_owned()));
    assert_eq!(status(&house, id), ChannelStatus::Disconnected);
    assert_eq!(notices(&house, id), [NoticeKind::Disconnect]);
}

#[test]
fn who_disconnects_is_not_overruled_by_a_reconnect_that_was_under_way() {
    let mut house = House::open();
    let id = house.channel;
    house.does("root", ChannelCommand::Disconnect(id));
    house.does("root", ChannelCommand::Reconnect(id));
    let asked_in = house.workspace.channel(id).unwrap().generation;
    house.does("root", ChannelCommand::Disconnect(id));
    house.inside(Command::Refused(id, 2));
    house.verified_in(asked_in, id, Purpose::Reconnect, Ok(able()));
    let channel = house.workspace.channel(id).unwrap();
    assert_eq!(
        (channel.status, channel.refused),
        (ChannelStatus::Disconnected, 2)
    );
    assert_eq!(channel.reason.as_deref(), Some("by root"));
    house.does("root", ChannelCommand::Reconnect(id));
    house.verified(id, Purpose::Reconnect, Ok(able()));
    assert_eq!(status(&house, id), ChannelStatus::Active);
}

#[test]
fn a_reconnect_that_another_one_overtook_changes_nothing() {
    let mut house = House::open();
    let id = house.channel;
    house.does("root", ChannelCommand::Disconnect(id));
    house.does("root", ChannelCommand::Reconnect(id));
    let asked_in = house.workspace.channel(id).unwrap().generation;
    house.verified(id, Purpose::Reconnect, Ok(able()));
    let before = house.workspace.clone();
    house.verified_in(asked_in, id, Purpose::Reconnect, Err("no".to_owned()));
    house.verified_in(asked_in, id, Purpose::Reconnect, Ok(able()));
    assert!(house.workspace == before);
}

#[test]
fn an_answer_to_an_old_code_does_not_end_the_fresh_channel() {
    for answer in [401, 410] {
        let mut house = House::open();
        let id = house.channel;
        let session = house.session_of("ann", "chat");
        let message = house.sends("ann", session);
        let asked_in = house.workspace.channel(id).unwrap().generation;
        house.begins(message);
        let rotate = ChannelCommand::Rotate {
            channel: id,
            code: Secret::new("fresh"),
            overlap: Duration::ZERO,
        };
        house.does("root", rotate);
        house.comes_back(message, answered(answer));
        house.inside(Command::Judged(id, asked_in, answer));
        assert_eq!(status(&house, id), ChannelStatus::Active, "{answer}");
        // The message is tried again, with the new code, and that counts.
        assert_eq!(house.due(), [message]);
        house.tries(message, answered(answer));
        assert_ne!(status(&house, id), ChannelStatus::Active, "{answer}");
    }
}

#[test]
fn a_test_changes_nothing() {
    let mut house = House::open();
    let (id, before) = (house.channel, house.workspace.clone());
    house.does("root", ChannelCommand::Test(id));
    assert_eq!(house.effects, [Effect::Verify(id, Purpose::Test)]);
    house.verified(id, Purpose::Test, Err("no".to_owned()));
    house.verified(id, Purpose::Test, Ok(able()));
    assert!(house.workspace == before);
}

#[test]
fn a_new_webhook_is_used_once_it_is_verified() {
    let mut house = House::open();
    let (id, new) = (house.channel, "https://new.example/".to_owned());
    let move_to = |webhook: &str| {
        let webhook = Some(webhook.to_owned());
        ChannelCommand::Update(Update {
            webhook,
            ..update(id)
        })
    };
    house.does("root", move_to(&new));
    assert_eq!(
        house.effects,
        [Effect::Verify(id, Purpose::Webhook(new.clone()))]
    );
    house.verified(id, Purpose::Webhook(new.clone()), Err("no".to_owned()));
    assert_eq!(house.workspace.channel(id).unwrap().webhook, HOOK);
    house.verified(id, Purpose::Webhook(new.clone()), Ok(able()));
    assert_eq!(house.workspace.channel(id).unwrap().webhook, new);
    house.new_channel(HOOK);
    refused(
        house.asks("root", move_to(HOOK)),
        Code::AccountAlreadyConnected,
    );
    refused(house.asks("root", move_to("no url")), Code::Invalid);
    // Taken while the messenger was asked: the rule is kept at the end too.
    let late = crate::command::Verification {
        channel: id,
        generation: house.workspace.channel(id).unwrap().generation,
        purpose: Purpose::Webhook(HOOK.to_owned()),
        result: Ok(able()),
    };
    let request = crate::command::Request::inside(Command::Verified(late));
    refused(house.request(&request), Code::AccountAlreadyConnected);
}

#[test]
fn the_old_code_stays_good_for_a_while() {
    let mut house = House::open();
    let id = house.channel;
    let rotate = |code: &str, overlap| ChannelCommand::Rotate {
        channel: id,
        code: Secret::new(code),
        overlap,
    };
    let revision = house.workspace.channel(id).unwrap().revision;
    house.does("root", rotate("second", Duration::from_hours(24)));
    house.does("root", rotate("third", Duration::from_hours(1)));
    let channel = house.workspace.channel(id).unwrap();
    assert_eq!((channel.codes.len(), channel.revision), (2, revision + 2));
    assert_eq!(channel.codes[0].until, None);
    assert_eq!(
        channel.codes[1].until,
        Some(house.now.plus(Duration::from_hours(1)))
    );
    refused(
        house.asks("root", rotate("", Duration::ZERO)),
        Code::Invalid,
    );
}

#[test]
fn an_open_channel_without_a_code_is_not_closed_without_one() {
    let mut house = House::open();
    let mut connect = house.connect("https://other.example/");
    connect.code = Secret::new("");
    connect.security = Some(Security::Open);
    let reply = house.does("root", ChannelCommand::Connect(connect));
    let crate::command::Reply::Answer(crate::record::Answer::Channel(id)) = reply else {
        panic!("{reply:?}")
    };
    let closed = Update {
        security: Some(Security::Token),
        ..update(id)
    };
    refused(
        house.asks("root", ChannelCommand::Update(closed.clone())),
        Code::Invalid,
    );
    let rotate = ChannelCommand::Rotate {
        channel: id,
        code: Secret::new("a code"),
        overlap: Duration::from_hours(24),
    };
    house.does("root", rotate);
    house.does("root", ChannelCommand::Update(closed));
    let channel = house.workspace.channel(id).unwrap();
    assert_eq!(
        (channel.codes.len(), channel.security),
        (1, Security::Token)
    );
}

#[test]
fn settings_that_are_what_they_were_are_no_event() {
    let mut house = House::open();
    let mut same = update(house.channel);
    same.security = Some(Security::Token);
    house.does("root", ChannelCommand::Update(same));
    assert!(house.records.is_empty());
    let rename = ChannelCommand::Rename {
        channel: house.channel,
        name: " ".to_owned(),
    };
    refused(house.asks("root", rename), Code::Invalid);
    let rename = ChannelCommand::Rename {
        channel: house.channel,
        name: "new".to_owned(),
    };
    house.does("root", rename);
    assert_eq!(house.workspace.channel(house.channel).unwrap().name, "new");
}

#[test]
fn a_deleted_channel_leaves_nothing_waiting() {
    let mut house = House::open();
    let id = house.channel;
    let session = house.session_of("ann", "chat");
    let message = house.sends("ann", session);
    house.does("root", ChannelCommand::Delete(id));
    assert_eq!(house.kinds(), ["session-closed", "channel-status-changed"]);
    let channel = house.workspace.channels.get(&id).unwrap();
    assert_eq!(
        (channel.status, channel.pending),
        (ChannelStatus::Deleted, 0)
    );
    assert!(house.workspace.pending(message).is_none() && house.workspace.deliveries.is_empty());
    assert!(house.due().is_empty() && house.next_due().is_none());
    assert_eq!(notices(&house, id), [NoticeKind::Disconnect]);
    refused(
        house.asks("root", ChannelCommand::Delete(id)),
        Code::NotFound,
    );
    refused(
        house.hears(crate::messenger::Inbound::Disconnect),
        Code::ChannelNotFound,
    );
    // What an operator still does in the history does not reach the messenger.
    let read = crate::command::MessageCommand::Read {
        session,
        up_to: house.workspace.messages(session).last().unwrap().id,
    };
    house.does("ann", read);
    assert_eq!(notices(&house, id), [NoticeKind::Disconnect]);
}

#[test]
fn refused_messages_are_counted_until_the_channel_is_back() {
    let mut house = House::open();
    let id = house.channel;
    house.does("root", ChannelCommand::Disconnect(id));
    house.inside(Command::Refused(id, 3));
    house.inside(Command::Refused(id, 0));
    house.inside(Command::Refused(id, 2));
    assert_eq!(house.workspace.channel(id).unwrap().refused, 5);
    let proof = Proof {
        verified: Verified::Challenge,
        capabilities: None,
    };
    house.verified(id, Purpose::Reconnect, Ok(proof));
    assert_eq!(house.workspace.channel(id).unwrap().refused, 0);
}

#[test]
fn an_answer_to_a_notice_may_end_the_channel() {
    for (answer, after) in [
        (401, ChannelStatus::Interrupted),
        (410, ChannelStatus::Disconnected),
        (500, ChannelStatus::Active),
    ] {
        let mut house = House::open();
        let generation = house.workspace.channel(house.channel).unwrap().generation;
        house.inside(Command::Judged(house.channel, generation, answer));
        assert_eq!(status(&house, house.channel), after, "{answer}");
    }
}
