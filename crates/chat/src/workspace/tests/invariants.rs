//! What must be so after every history, checked against the rows and the log themselves.

use std::collections::{BTreeMap, BTreeSet};

use super::fixture::Fixture;
use crate::event::Event;
use crate::id::{ChannelId, MessageId, SessionId};
use crate::model::{DeliveryState, Direction};
use crate::record::{Record, Stream};
use crate::workspace::Workspace;

/// Everything at once.
pub(super) fn check(fixture: &Fixture) {
    let workspace = &fixture.workspace;
    log_is_dense_and_deliveries_move_up(fixture);
    chats_have_one_open_session_and_lanes_in_order(workspace);
    sessions_count_their_messages(workspace);
    accounts_have_one_channel(workspace);
    channels_count_what_waits(workspace);
    // Views, due and expiry sets, the message index: all follow from the rows.
    let mut again = workspace.clone();
    again.rebuild_index();
    assert!(again == *workspace, "the index is not what the rows say");
}

/// Folding the log from its first byte gives the live state.
pub(super) fn check_rebuild(fixture: &Fixture) {
    let mut fold = Workspace::default();
    for (at, bytes) in fixture.log.iter().enumerate() {
        fold.evolve(&Record::decode(at as u64 + 1, bytes).unwrap());
    }
    assert!(
        fold == fixture.workspace,
        "a rebuild differs from the live state"
    );
}

fn log_is_dense_and_deliveries_move_up(fixture: &Fixture) {
    let mut versions: BTreeMap<Stream, u64> = BTreeMap::new();
    let mut feeds: BTreeMap<_, u64> = BTreeMap::new();
    let mut states: BTreeMap<MessageId, DeliveryState> = BTreeMap::new();
    for (at, bytes) in fixture.log.iter().enumerate() {
        let position = at as u64 + 1;
        let record = Record::decode(position, bytes).unwrap();
        let version = versions.entry(record.stream.clone()).or_default();
        *version += 1;
        assert_eq!(record.version, *version, "{}", record.stream);
        if let Some(live_chat) = record.live_chat {
            let before = feeds.insert(live_chat, position).unwrap_or(0);
            assert_eq!(record.previous, before, "the feed has a gap");
        }
        match &record.event {
            Event::MessageSent(e) => {
                states.insert(e.message, DeliveryState::Queued);
            }
            Event::DeliveryChanged(e) => {
                let before = states.insert(e.message, e.state).unwrap();
                let moves = if e.requeued {
                    before >= DeliveryState::Failed && e.state == DeliveryState::Queued
                } else {
                    // Tried again, or an answer that a receipt overtook.
                    let stays = e.state == DeliveryState::Sending || e.attempt.is_some();
                    before < e.state || before == e.state && stays
                };
                assert!(moves, "a delivery went from {before:?} to {:?}", e.state);
            }
            _ => {}
        }
    }
    assert_eq!(fixture.workspace.position, fixture.log.len() as u64);
}

fn chats_have_one_open_session_and_lanes_in_order(workspace: &Workspace) {
    let mut open: BTreeMap<_, Vec<SessionId>> = BTreeMap::new();
    for (id, session) in workspace.sessions.iter().filter(|(_, s)| s.is_open()) {
        open.entry(session.chat()).or_default().push(*id);
        assert!(
            workspace
                .contacts
                .get(&session.contact)
                .unwrap()
                .forgotten
                .is_none()
        );
    }
    let mut in_lanes = BTreeSet::new();
    for (key, chat) in workspace.chats.iter() {
        let open = open.remove(key).unwrap_or_default();
        assert_eq!(open, Vec::from_iter(chat.open), "{key:?}");
        for message in &chat.lane {
            let delivery = workspace.deliveries.get(message).unwrap();
            assert_eq!(
                workspace.sessions.get(&delivery.session).unwrap().chat(),
                *key
            );
            assert!(in_lanes.insert(*message), "{message} waits twice");
        }
    }
    assert!(open.is_empty());
    assert_eq!(in_lanes.len(), workspace.deliveries.len());
}

fn sessions_count_their_messages(workspace: &Workspace) {
    let (mut last, mut all) = (0, 0);
    for (id, session) in workspace.sessions.iter() {
        let mut messages: Vec<_> = workspace.messages(*id).collect();
        messages.reverse();
        assert!(messages.is_sorted_by_key(|m| m.position));
        assert!(messages.iter().all(|m| m.session == *id));
        all += messages.len();
        let inbound = messages
            .iter()
            .filter(|m| m.direction == Direction::Inbound)
            .count();
        assert!(session.unread as usize <= inbound);
        for message in messages {
            last = last.max(message.position);
            let waits = workspace.deliveries.get(&message.id).is_some();
            assert_eq!(message.state.is_some_and(DeliveryState::is_pending), waits);
            assert_eq!(workspace.message(message.id), Some((*id, message)));
            if let Some(external) = &message.external {
                let found = workspace.message_by_external(session.channel, external);
                assert_eq!(found, Some((*id, message)));
            }
        }
    }
    assert!(last <= workspace.position);
    assert_eq!(all, workspace.message_table.iter().count());
}

fn accounts_have_one_channel(workspace: &Workspace) {
    let mut held: BTreeMap<&str, ChannelId> = BTreeMap::new();
    for (id, channel) in workspace.channels.iter().filter(|(_, c)| c.holds_account()) {
        assert_eq!(
            held.insert(&channel.webhook, *id),
            None,
            "{}",
            channel.webhook
        );
    }
}

fn channels_count_what_waits(workspace: &Workspace) {
    let of = |m: &MessageId| workspace.pending(*m).unwrap().1.channel;
    for (id, channel) in workspace.channels.iter() {
        let pending = workspace
            .deliveries
            .iter()
            .filter(|(m, _)| of(m) == *id)
            .count();
        assert_eq!(channel.pending, pending as u64);
        let parked = workspace
            .parked
            .iter()
            .filter(|((of, _), _)| of == id)
            .count();
        assert_eq!(channel.parked as usize, parked);
        let told = workspace
            .notices
            .range((*id, channel.next_notice)..=(*id, u64::MAX));
        assert_eq!(told.count(), 0);
    }
    let mut known = BTreeSet::new();
    for (_, contact) in workspace.contacts.iter() {
        for key in &contact.keys {
            assert!(
                *key < workspace.keys_given() && known.insert(*key),
                "key {key} has two owners"
            );
        }
    }
    for (_, parked) in workspace.parked.iter() {
        assert!(
            known.insert(parked.key),
            "key {} has two owners",
            parked.key
        );
    }
}
