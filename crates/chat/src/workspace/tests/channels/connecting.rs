use super::{HOOK, OTHER};
use crate::command::{Connect, Effect};
use crate::event::Event;
use crate::id::LiveChatId;
use crate::model::{ChannelStatus, Verified};
use crate::record::Answer;
use crate::rejection::Code;
use crate::rpc::Security;
use crate::secret::Secret;
use crate::verification::Purpose;
use crate::workspace::tests::fixture::{Fixture, delete, disconnect, full_proof, reconnect};
use crate::workspace::tests::values::answer;

#[test]
fn a_channel_is_pending_until_its_webhook_is_verified() {
    let mut fixture = Fixture::open();
    let id = fixture.new_pending_channel("HTTPS://Other.example:443/x");
    assert_eq!(fixture.status(id), ChannelStatus::Pending);
    assert_eq!(fixture.effects, [Effect::Verify(id, Purpose::Connect)]);
    assert_eq!(fixture.channel(id).webhook, "https://other.example/x");
    fixture.verified(id, Purpose::Connect, Ok(full_proof()));
    let channel = fixture.channel(id);
    assert_eq!(channel.status, ChannelStatus::Active);
    assert_eq!(channel.verified, Some(Verified::Status));
    assert!(channel.may_initiate());
}

#[test]
fn an_invalid_connection_is_rejected() {
    let mut fixture = Fixture::open();
    let good = fixture.connect(OTHER);
    for webhook in ["ftp://h/", &format!("http://h/{}", "x".repeat(2_048))] {
        fixture.rejects("root", fixture.connect(webhook), Code::Invalid);
    }
    for (code, security) in [
        ("", None),
        (&*"x".repeat(1_025), None),
        ("two\nlines", None),
        ("whsec_not base64", None),
        // The key of this code is empty, so anybody could sign with it.
        ("whsec_", None),
        ("whsec_", Some(Security::Token)),
    ] {
        let connect = Connect {
            code: Secret::new(code),
            security,
            ..good.clone()
        };
        assert_eq!(
            fixture.submit("root", connect).map_err(|r| r.code),
            Err(Code::Invalid),
            "code {code:?}, {security:?}"
        );
    }
    let unnamed = Connect {
        name: String::new(),
        ..good.clone()
    };
    fixture.rejects("root", unnamed, Code::Invalid);
    let lost = Connect {
        live_chat: LiveChatId::from_bytes([1; 16]),
        ..good.clone()
    };
    fixture.rejects("root", lost, Code::NotFound);
    fixture.rejects("sue", good, Code::Forbidden);
}

#[test]
fn a_standard_webhooks_code_enables_signatures() {
    let mut fixture = Fixture::open();
    let mut connect = fixture.connect(OTHER);
    connect.code = Secret::new("whsec_c2VjcmV0");
    fixture.does("root", connect);
    let Event::ChannelCreated(created) = &fixture.records[0].event else {
        panic!()
    };
    assert_eq!(created.security, Security::Signed);
}

#[test]
fn an_account_belongs_to_one_channel_until_that_is_deleted() {
    let mut fixture = Fixture::open();
    let connect = fixture.connect("https://MESSENGER.example/hook#x");
    let rejection = fixture.rejects("root", connect, Code::AccountAlreadyConnected);
    assert_eq!(rejection.details["liveChat"], fixture.live_chat.to_string());
    assert!(rejection.message().contains("\"desk\""));
    fixture.does("root", disconnect(fixture.channel));
    let connect = fixture.connect(HOOK);
    fixture.rejects("root", connect.clone(), Code::AccountAlreadyConnected);
    fixture.does("root", delete(fixture.channel));
    fixture.does("root", connect);
}

#[test]
fn a_failed_channel_releases_its_account() {
    let mut fixture = Fixture::open();
    let failed = fixture.new_pending_channel(OTHER);
    fixture.refuted(failed, Purpose::Connect);
    assert_eq!(fixture.status(failed), ChannelStatus::Failed);
    let elsewhere = fixture.new_live_chat("elsewhere");
    let connect = Connect {
        live_chat: elsewhere,
        ..fixture.connect(OTHER)
    };
    let reply = fixture.does("root", connect);
    let second = answer!(reply, Answer::Channel(id) => id);
    fixture.verified(second, Purpose::Connect, Ok(full_proof()));
    fixture.rejects("root", reconnect(failed), Code::AccountAlreadyConnected);
    // Disconnecting a channel that was never connected neither claims the account again nor
    // notifies the messenger, which has another channel here.
    fixture.does("root", disconnect(failed));
    assert_eq!(fixture.status(failed), ChannelStatus::Failed);
    fixture.does("root", delete(failed));
    assert!(fixture.notices(failed).is_empty());
    fixture.does("root", disconnect(second));
    fixture.does("root", reconnect(second));
    fixture.verified(second, Purpose::Reconnect, Ok(full_proof()));
    assert_eq!(fixture.status(second), ChannelStatus::Active);
}

#[test]
fn connecting_again_after_a_failure_uses_the_same_channel() {
    let mut fixture = Fixture::open();
    let id = fixture.new_pending_channel(OTHER);
    fixture.refuted(id, Purpose::Connect);
    let stale = fixture.channel(id).generation;
    // The same name with a corrected webhook and code.
    let corrected = Connect {
        code: Secret::new("whsec_c2VjcmV0"),
        ..fixture.connect("https://right.example/")
    };
    let again = answer!(fixture.does("root", corrected.clone()), Answer::Channel(id) => id);
    assert_eq!(again, id);
    assert_eq!(fixture.effects, [Effect::Verify(id, Purpose::Connect)]);
    let channel = fixture.channel(id);
    assert_eq!(channel.status, ChannelStatus::Pending);
    assert_eq!(channel.webhook, "https://right.example/");
    assert_eq!(channel.security, Security::Signed);
    assert!(channel.generation > stale, "a late answer counts");
    fixture.refuted(id, Purpose::Connect);
    // The same account with another name.
    let renamed = Connect {
        name: "renamed".to_owned(),
        ..corrected
    };
    fixture.does("root", renamed);
    fixture.verified(id, Purpose::Connect, Ok(full_proof()));
    assert_eq!(fixture.status(id), ChannelStatus::Active);
    assert_eq!(fixture.channel(id).name, "renamed");
    // An active channel of that name is another one.
    let connect = Connect {
        name: "renamed".to_owned(),
        ..fixture.connect(OTHER)
    };
    let other = answer!(fixture.does("root", connect), Answer::Channel(id) => id);
    assert_ne!(other, id);
}

#[test]
fn a_pending_channel_that_is_disconnected_stays_failed_after_a_late_verification() {
    let mut fixture = Fixture::open();
    let id = fixture.new_pending_channel(OTHER);
    fixture.does("root", disconnect(id));
    assert_eq!(fixture.status(id), ChannelStatus::Failed);
    fixture.verified(id, Purpose::Connect, Ok(full_proof()));
    assert_eq!(fixture.status(id), ChannelStatus::Failed);
}

#[test]
fn an_account_is_connected_once_however_its_webhook_is_written() {
    let mut fixture = Fixture::open();
    // The webhook is stored and used as it was entered.
    let written = "https://two.example/%7euser/./hook";
    let id = fixture.new_channel(written);
    assert_eq!(fixture.channel(id).webhook, written);
    let again = fixture.connect("https://TWO.example.:443/~user/hook");
    fixture.rejects("root", again, Code::AccountAlreadyConnected);
    fixture.new_channel("https://two.example/~user/hook/");
}
