//! Changes of channels, users, members and contacts.

use super::{HOOKS, World};
use crate::command::{Command, SystemCommand};
use crate::id::ChannelId;
use crate::messenger::Inbound;
use crate::model::ChannelStatus;
use crate::reason::Reason;
use crate::record::Answer;
use crate::verification::{Proof, Purpose};
use crate::workspace::tests::fixture::{
    answer, delete, disable, disconnect, full_proof, members, profile, reconnect,
};
use crate::workspace::tests::model::Channel;
use crate::workspace::tests::step::User;

fn verification(works: bool) -> Result<Proof, Reason> {
    let proof = works.then(full_proof);
    proof.ok_or(Reason::WrongCode { status: 401 })
}

impl World {
    pub(super) fn disconnects(&mut self, second: bool, by_messenger: bool) -> Option<()> {
        let id = self.model.channel_at(second);
        if by_messenger {
            return self.disconnected_by_messenger(id);
        }
        self.submit("root", disconnect(id), self.model.exists(id))?;
        let channel = self.model.channel_mut(id);
        channel.change_status(match channel.status {
            ChannelStatus::Pending | ChannelStatus::Failed => ChannelStatus::Failed,
            _ => ChannelStatus::Disconnected,
        });
        Some(())
    }

    fn disconnected_by_messenger(&mut self, id: ChannelId) -> Option<()> {
        self.receive(id, Inbound::Disconnect, self.model.is_known(id))?;
        let channel = self.model.channel_mut(id);
        if channel.status == ChannelStatus::Active {
            channel.change_status(ChannelStatus::Disconnected);
        }
        Some(())
    }

    pub(super) fn reconnects(&mut self, second: bool, works: bool) -> Option<()> {
        let id = self.model.channel_at(second);
        let exists = self.model.exists(id);
        let expected = exists.and_then(|()| self.model.is_free(second, Some(id)));
        self.submit("root", reconnect(id), expected)?;
        self.fixture
            .verified(id, Purpose::Reconnect, verification(works));
        let channel = self.model.channel_mut(id);
        if works {
            channel.change_status(ChannelStatus::Active);
            channel.failing_since = None;
        } else if channel.status != ChannelStatus::Active {
            channel.generation += 1;
        }
        Some(())
    }

    pub(super) fn connects(&mut self, second: bool, works: bool) -> Option<()> {
        let connect = self.fixture.connect(HOOKS[usize::from(second)]);
        let reply = self.submit("root", connect, self.model.is_free(second, None))?;
        let id = answer!(reply, Answer::Channel(id) => id);
        let again = self.model.take_failed_channel(second);
        assert!(again.is_none_or(|failed| failed == id));
        self.fixture
            .verified(id, Purpose::Connect, verification(works));
        let status = if works {
            ChannelStatus::Active
        } else {
            ChannelStatus::Failed
        };
        self.model.channels.push(Channel {
            id,
            second,
            status,
            failing_since: None,
            generation: 0,
        });
        Some(())
    }

    pub(super) fn deletes(&mut self, second: bool) -> Option<()> {
        let id = self.model.channel_at(second);
        self.submit("root", delete(id), self.model.exists(id))?;
        self.model.channel_mut(id).status = ChannelStatus::Deleted;
        self.model.end_sessions(|s| s.channel == id);
        Some(())
    }

    pub(super) fn disables(&mut self, who: User, disabled: bool) -> Option<()> {
        self.submit("root", disable(who, disabled), Ok(()))?;
        if disabled {
            self.model.disabled.insert(who);
        } else {
            self.model.disabled.remove(who);
        }
        self.model.return_sessions();
        Some(())
    }

    pub(super) fn changes_members(&mut self, ann: bool, bob: bool) -> Option<()> {
        let all = [("ann", ann), ("bob", bob), ("rea", true)];
        let names: Vec<_> = all.iter().filter(|m| m.1).map(|m| m.0).collect();
        let change = members(self.fixture.live_chat, &names);
        self.submit("root", change, Ok(()))?;
        self.model.members = names.into_iter().collect();
        self.model.return_sessions();
        Some(())
    }

    pub(super) fn forgets(&mut self, author: u8, second: bool) -> Option<()> {
        let channel = self.model.channel_at(second);
        let id = self.model.contact(channel, author)?;
        self.submit("root", Command::Forget(id), Ok(()))?;
        let mut contacts = self.model.contacts.iter_mut();
        contacts.find(|c| c.id == id)?.forgotten = true;
        self.model.end_sessions(|s| s.contact == id);
        Some(())
    }

    pub(super) fn answers_profile(&mut self, author: u8, known: bool) -> Option<()> {
        let id = self.model.contact(self.model.channel_at(false), author)?;
        let profile = known.then(|| profile("Eva"));
        self.fixture.system(SystemCommand::Profile(id, profile));
        Some(())
    }
}
