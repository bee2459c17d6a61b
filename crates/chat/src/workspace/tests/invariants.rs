//! Invariants that hold after every history.

use std::collections::{BTreeMap, BTreeSet};

use super::fixture::{Fixture, index_key};
use crate::event::Event;
use crate::id::{ChannelId, MessageId, SessionId};
use crate::model::DeliveryState;
use crate::record::{Record, Stream};
use crate::workspace::Workspace;

/// Checks all invariants except the rebuild, which takes longer.
pub(super) fn check(fixture: &Fixture) {
    let workspace = &fixture.workspace;
    log_is_dense_and_deliveries_move_forward(fixture);
    chats_have_one_open_session_and_lanes_in_order(workspace);
    sessions_count_their_messages(workspace);
    accounts_have_one_channel(workspace);
    channels_count_pending_items(workspace);
    keys_have_one_owner(workspace);
    let mut again = workspace.clone();
    again.rebuild_index();
    assert!(
        again == *workspace,
        "the index differs from one rebuilt from the rows"
    );
}

/// Folding the log from its first byte gives the live state.
pub(super) fn check_rebuild(fixture: &Fixture) {
    let mut fold = Workspace::new(index_key());
    for (at, bytes) in fixture.log.iter().enumerate() {
        fold.evolve(&Record::decode(at as u64 + 1, bytes).unwrap());
    }
    assert!(
        fold == fixture.workspace,
        "a rebuild differs from the live state"
    );
}

fn log_is_dense_and_deliveries_move_forward(fixture: &Fixture) {
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
                    // A retry, an earlier one, or a response that arrived after a receipt.
                    let stays = e.state == DeliveryState::Sending
                        || e.attempt.is_some()
                        || e.is_brought_forward();
                    let arrived = |s| matches!(s, DeliveryState::Delivered | DeliveryState::Read);
                    if arrived(e.state) && before != e.state {
                        before.gives_way_to(e.state)
                    } else {
                        before < e.state && !arrived(before) || before == e.state && stays
                    }
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
        let contact = workspace.contacts.get(&session.contact).unwrap();
        assert!(contact.forgotten.is_none());
    }
    let mut in_lanes = BTreeSet::new();
    for (key, chat) in workspace.chats.iter() {
        let open = open.remove(key).unwrap_or_default();
        assert_eq!(open, Vec::from_iter(chat.open), "{key:?}");
        for message in &chat.lane {
            let delivery = workspace.deliveries.get(message).unwrap();
            let session = workspace.sessions.get(&delivery.session).unwrap();
            assert_eq!(session.chat(), *key);
            assert!(in_lanes.insert(*message), "{message} is in two lanes");
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
        let inbound = messages.iter().filter(|m| m.is_written());
        assert!(session.unread as usize <= inbound.count());
        let states = messages.iter().filter_map(|m| m.state);
        let failed = states.filter(|state| state.is_failed()).count();
        assert_eq!(session.failed as usize, failed, "{id}");
        for message in messages {
            last = last.max(message.position);
            let pending = workspace.deliveries.get(&message.id).is_some();
            assert_eq!(
                message.state.is_some_and(DeliveryState::is_pending),
                pending
            );
            assert_eq!(workspace.message(message.id), Some((*id, message)));
            if let Some(external) = &message.external {
                let found = workspace.find_external(external);
                assert_eq!(found, Some(message));
            }
        }
    }
    assert!(last <= workspace.position);
    assert_eq!(all, workspace.messages.len());
}

fn accounts_have_one_channel(workspace: &Workspace) {
    let mut held: BTreeMap<&str, ChannelId> = BTreeMap::new();
    for (id, channel) in workspace.channels.iter().filter(|(_, c)| c.holds_account()) {
        let other = held.insert(&channel.webhook, *id);
        assert_eq!(other, None, "{}", channel.webhook);
    }
}

fn channels_count_pending_items(workspace: &Workspace) {
    let channel_of = |m: &MessageId| workspace.pending(*m).unwrap().1.channel;
    for (id, channel) in workspace.channels.iter() {
        let deliveries = workspace.deliveries.iter();
        let pending = deliveries.filter(|(m, _)| channel_of(m) == *id).count();
        assert_eq!(channel.pending, pending as u64);
        let parked = workspace.parked.iter();
        let parked = parked.filter(|((channel, _), _)| channel == id).count();
        assert_eq!(channel.parked as usize, parked);
        let unnumbered = (*id, channel.next_notice)..=(*id, u64::MAX);
        assert_eq!(workspace.notices.range(unnumbered).count(), 0);
    }
}

fn keys_have_one_owner(workspace: &Workspace) {
    let contacts = workspace.contacts.iter();
    let contact_keys = contacts.flat_map(|(_, contact)| contact.keys.iter().copied());
    let parked_keys = workspace.parked.iter().map(|(_, parked)| parked.key);
    let mut known = BTreeSet::new();
    for key in contact_keys.chain(parked_keys) {
        assert!(key < workspace.next_key(), "key {key}");
        assert!(known.insert(key), "key {key} has two owners");
    }
}
