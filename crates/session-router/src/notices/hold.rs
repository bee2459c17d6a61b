//! Notices that wait for another one.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chat::id::{ChannelId, ContactId};
use chat::state::{ChatKey, NoticeKind};
use chat::time::Timestamp;
use chat::workspace::Workspace;

use super::NoticeId;
use super::sweep::Sweep;

/// The longest that outcomes wait for their author's profile. A slow `userInfo` must not delay them more.
pub(super) const PROFILE_WAIT_MAX: Duration = Duration::from_secs(2);

/// The notices that wait.
#[derive(Default)]
pub(super) struct Holds {
    /// In the order of their numbers.
    held: BTreeMap<Hold, BTreeSet<NoticeId>>,
    /// The `session` notice in flight of each chat. The next one of the chat waits for it.
    sessions_in_flight: BTreeMap<ChatKey, NoticeId>,
    /// Until when outcomes wait for the profile of a person; `None` once they do not wait any more.
    profiles: BTreeMap<ContactId, Option<Timestamp>>,
    /// The ends of these waits, and of some that are over.
    ends: BTreeSet<(Timestamp, ContactId)>,
    swept_profiles: Sweep<ContactId>,
    swept_held: Sweep<Hold>,
}

/// What a notice waits for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Hold {
    /// An outcome waits until its author's profile was requested.
    Profile(ContactId),
    /// `session` notices of a chat are sent in order.
    Chat(ChatKey),
}

impl Holds {
    /// Returns whether a notice must wait for another one, and keeps it until then.
    pub(super) fn hold(
        &mut self,
        workspace: &Workspace,
        id: NoticeId,
        kind: &NoticeKind,
        now: Timestamp,
    ) -> bool {
        let hold = match kind {
            NoticeKind::Outcome(_, contact) => {
                let asking = workspace.is_asking(*contact);
                asking.then_some(Hold::Profile(*contact))
            }
            NoticeKind::Session(chat, ..) => {
                let chat = (id.0, *chat);
                let other = self.sessions_in_flight.get(&chat);
                let waits = other.is_some_and(|other| *other != id);
                waits.then_some(Hold::Chat(chat))
            }
            NoticeKind::Profile(_) | NoticeKind::Read(_) | NoticeKind::Disconnect => None,
        };
        let Some(hold) = hold else {
            return false;
        };
        if let Hold::Profile(contact) = &hold {
            let end = now.plus(PROFILE_WAIT_MAX);
            match self.profiles.entry(*contact).or_insert(Some(end)) {
                None => return false,
                Some(until) if *until == end => {
                    self.ends.insert((end, *contact));
                }
                Some(_) => {}
            }
        }
        self.held.entry(hold).or_default().insert(id);
        true
    }

    /// Records the `session` notice of a chat that is sent.
    pub(super) fn session_in_flight(&mut self, chat: ChatKey, id: NoticeId) {
        self.sessions_in_flight.insert(chat, id);
    }

    /// Releases the notices that waited for one that is finished.
    pub(super) fn settled(&mut self, channel: ChannelId, kind: &NoticeKind) -> Vec<NoticeId> {
        match kind {
            NoticeKind::Session(chat, ..) => {
                let chat = (channel, *chat);
                self.sessions_in_flight.remove(&chat);
                self.release(&Hold::Chat(chat))
            }
            // The next request for this profile is awaited again.
            NoticeKind::Profile(contact) => {
                self.profiles.remove(contact);
                self.release(&Hold::Profile(*contact))
            }
            NoticeKind::Outcome(..) | NoticeKind::Read(_) | NoticeKind::Disconnect => Vec::new(),
        }
    }

    /// Releases the outcomes of a person whose profile will be requested again.
    pub(super) fn profile_failed(&mut self, contact: ContactId) -> Vec<NoticeId> {
        self.profiles.insert(contact, None);
        self.release(&Hold::Profile(contact))
    }

    /// Releases the outcomes that have waited long enough.
    pub(super) fn release_due(&mut self, now: Timestamp) -> Vec<NoticeId> {
        let mut released = Vec::new();
        while let Some(&(end, contact)) = self.ends.first()
            && end <= now
        {
            self.ends.pop_first();
            if self.profiles.get(&contact) == Some(&Some(end)) {
                released.extend(self.profile_failed(contact));
            }
        }
        released
    }

    /// Releases the notices whose cause to wait is gone.
    pub(super) fn drop_stale(&mut self, workspace: &Workspace) -> Vec<NoticeId> {
        let asking = |contact: &ContactId| workspace.is_asking(*contact);
        for contact in self.swept_profiles.step(&self.profiles, asking) {
            self.profiles.remove(&contact);
        }
        self.sessions_in_flight
            .retain(|_, id| workspace.notices.get(id).is_some());
        let still_waits = |hold: &Hold| match hold {
            Hold::Profile(contact) => asking(contact),
            Hold::Chat(chat) => self.sessions_in_flight.contains_key(chat),
        };
        let over = self.swept_held.step(&self.held, still_waits);
        over.iter().flat_map(|hold| self.release(hold)).collect()
    }

    /// When the next outcome has waited long enough.
    pub(super) fn next_due(&self) -> Option<Timestamp> {
        self.ends.first().map(|(end, _)| *end)
    }

    /// Moves the ends of the waits when the clock jumped.
    pub(super) fn shift(&mut self, by_ms: i64) {
        let ends = std::mem::take(&mut self.ends).into_iter();
        self.ends = ends.map(|(at, id)| (at.shifted(by_ms), id)).collect();
        for end in self.profiles.values_mut().flatten() {
            *end = end.shifted(by_ms);
        }
    }

    fn release(&mut self, hold: &Hold) -> Vec<NoticeId> {
        self.held.remove(hold).into_iter().flatten().collect()
    }
}
