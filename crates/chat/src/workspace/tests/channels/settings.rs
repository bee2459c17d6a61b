use std::time::Duration;

use super::{HOOK, OTHER};
use crate::command::{ChannelCommand, Effect, Request, SystemCommand, Update, Verification};
use crate::event::CodeUsed;
use crate::record::Answer;
use crate::rejection::Code;
use crate::rpc::Security;
use crate::secret::Secret;
use crate::verification::Purpose;
use crate::workspace::tests::fixture::{Fixture, answer, full_proof, rotate, update};

const HOUR: Duration = Duration::from_hours(1);
const MINUTE: Duration = Duration::from_mins(1);

#[test]
fn a_new_webhook_is_used_once_it_is_verified() {
    let mut fixture = Fixture::open();
    let (id, new) = (fixture.channel, "https://new.example/");
    let move_to = |webhook: &str| Update {
        webhook: Some(webhook.to_owned()),
        ..update(id)
    };
    let purpose = Purpose::Webhook(new.to_owned());
    fixture.does("root", move_to(new));
    assert_eq!(fixture.effects, [Effect::Verify(id, purpose.clone())]);
    fixture.refuted(id, purpose.clone());
    assert_eq!(fixture.channel(id).webhook, HOOK);
    fixture.verified(id, purpose, Ok(full_proof()));
    assert_eq!(fixture.channel(id).webhook, new);
    fixture.new_channel(HOOK);
    fixture.rejects("root", move_to(HOOK), Code::AccountAlreadyConnected);
    fixture.rejects("root", move_to("no url"), Code::Invalid);
    // Another channel took the account during the verification, so it is checked again.
    let late = Request::system(SystemCommand::Verified(Verification {
        channel: id,
        generation: fixture.channel(id).generation,
        purpose: Purpose::Webhook(HOOK.to_owned()),
        result: Ok(full_proof()),
    }));
    fixture.rejects_request(&late, Code::AccountAlreadyConnected);
}

#[test]
fn the_old_code_stays_valid_during_the_overlap() {
    let mut fixture = Fixture::open();
    let id = fixture.channel;
    let revision = fixture.channel(id).revision;
    fixture.does("root", rotate(id, "second", 24 * HOUR));
    fixture.does("root", rotate(id, "third", HOUR));
    let channel = fixture.channel(id);
    let until: Vec<_> = channel.codes.iter().map(|c| c.until).collect();
    assert_eq!(until, [None, Some(fixture.now.plus(HOUR))]);
    assert_eq!(channel.revision, revision + 2);
    fixture.rejects("root", rotate(id, "", Duration::ZERO), Code::Invalid);
}

#[test]
fn a_use_of_the_old_code_is_recorded_when_it_changes() {
    let mut fixture = Fixture::open();
    let id = fixture.channel;
    fixture.does("root", rotate(id, "second", 24 * HOUR));
    let start = fixture.now;
    // The direction, whether it is the old code, whether that is news, and the first use in minutes.
    for (inbound, old, is_news, since) in [
        (false, false, false, None),
        (false, true, true, Some(1)),
        (false, true, false, Some(1)),
        (true, true, true, Some(1)),
        (false, false, true, Some(3)),
        (true, false, true, None),
        (true, true, true, Some(6)),
    ] {
        fixture.system(SystemCommand::CodeUsed(id, CodeUsed { old, inbound }));
        assert_eq!(fixture.records.len(), usize::from(is_news));
        let first = since.map(|minutes| start.plus(minutes * MINUTE));
        assert_eq!(fixture.channel(id).old_code.since(), first);
        fixture.wait(MINUTE);
    }
    fixture.does("root", rotate(id, "third", 24 * HOUR));
    assert_eq!(fixture.channel(id).old_code.since(), None);
}

#[test]
fn an_open_channel_needs_a_code_to_become_secured() {
    let mut fixture = Fixture::open();
    let mut connect = fixture.connect(OTHER);
    connect.code = Secret::new("");
    connect.security = Some(Security::Open);
    let id = answer!(fixture.does("root", connect), Answer::Channel(id) => id);
    let secured = Update {
        security: Some(Security::Token),
        ..update(id)
    };
    fixture.rejects("root", secured.clone(), Code::Invalid);
    fixture.does("root", rotate(id, "a code", 24 * HOUR));
    fixture.does("root", secured);
    let channel = fixture.channel(id);
    assert_eq!(
        (channel.codes.len(), channel.security),
        (1, Security::Token)
    );
}

#[test]
fn unchanged_settings_cause_no_event() {
    let mut fixture = Fixture::open();
    let mut same = update(fixture.channel);
    same.security = Some(Security::Token);
    fixture.does("root", same);
    fixture.assert_no_event();
}

#[test]
fn a_channel_is_renamed_to_a_name_that_is_not_blank() {
    let mut fixture = Fixture::open();
    let channel = fixture.channel;
    let rename = |name: &str| ChannelCommand::Rename {
        channel,
        name: name.to_owned(),
    };
    fixture.rejects("root", rename(" "), Code::Invalid);
    fixture.does("root", rename("new"));
    assert_eq!(fixture.default_channel().name, "new");
}
