//! What becomes of deliveries, and what administrators do.

use super::*;
use crate::reason::Reason;

impl World {
    #[expect(
        clippy::too_many_lines,
        reason = "a step and what is right for it, one after the other"
    )]
    pub(super) fn delivers(&mut self, step: &Step) {
        match *step {
            Step::Starts { many } => {
                let mut due = self.fixture.due();
                let probing = self
                    .fixture
                    .workspace
                    .due(self.fixture.now)
                    .any(|(_, probing, _)| probing);
                due.truncate(if probing { 1 } else { many.into() });
                for id in due {
                    let session = self.model.sent(id).session;
                    let session = self.model.session_of(session);
                    assert_eq!(self.model.status(session.channel), ChannelStatus::Active);
                    assert_eq!(
                        self.model.lane(session.channel, session.chat).first(),
                        Some(&id)
                    );
                    let generation = self.model.generation(session.channel);
                    self.model.in_flight.insert(id, generation);
                    self.fixture.begin_attempt(id);
                    self.model.sent(id).state = DeliveryState::Sending;
                }
            }
            Step::Returns { which, with } => {
                let all: Vec<_> = self.fixture.in_flight.keys().copied().collect();
                let Some(id) = all.get(usize::from(which) % all.len().max(1)).copied() else {
                    return;
                };
                let (reply, status) = match with {
                    Answer::Status(status) => (answered(status), Some(status)),
                    Answer::Pause(status) => (answered_after(status, Some(30)), Some(status)),
                    Answer::Nothing => (timed_out(), None),
                };
                self.fixture.end_attempt(id, reply);
                self.model.returns(id, status);
            }
            Step::Receipt { message, what } => {
                let Some(id) = self.pick_sent(message) else {
                    return;
                };
                let session = self.model.sent(id).session;
                let channel = self.model.session_of(session).channel;
                let status = match what {
                    DeliveryState::Delivered => ReceiptStatus::Delivered,
                    DeliveryState::Read => ReceiptStatus::Read,
                    _ => ReceiptStatus::Failed,
                };
                let receipt = Inbound::Status {
                    message: id,
                    status,
                    reason: None,
                };
                if self
                    .receive(channel, receipt, self.model.may_say(channel))
                    .is_some()
                {
                    let sent = self.model.sent(id);
                    let later =
                        (sent.state, what) == (DeliveryState::Delivered, DeliveryState::Read);
                    if sent.state <= DeliveryState::Accepted || later {
                        sent.state = what;
                    }
                }
            }
            Step::Expires => {
                let now = self.model.now;
                let old =
                    |s: &&super::super::model::Sent| s.state.is_pending() && s.expires_at <= now;
                let mut right: Vec<_> = self
                    .model
                    .sent
                    .iter()
                    .filter(old)
                    .map(|s| s.message)
                    .collect();
                right.retain(|id| !self.fixture.in_flight.contains_key(id));
                right.sort_unstable();
                let mut real = self.fixture.expired();
                real.sort_unstable();
                assert_eq!(real, right);
                for id in real {
                    self.fixture.system(SystemCommand::Expire(id));
                    self.model.sent(id).state = DeliveryState::Expired;
                }
            }
            Step::Replays { second } => self.replays(second),
            _ => {}
        }
    }

    pub(super) fn replays(&mut self, second: bool) {
        let channel = self.model.channel_at(second);
        let gone = self.model.status(channel) == ChannelStatus::Deleted;
        let right = if gone { Err(Code::NotFound) } else { Ok(()) };
        if self
            .submit(
                "root",
                Command::Replay(Replay::Since(channel, START)),
                right,
            )
            .is_some()
        {
            let again = |s: &&super::super::model::Sent| {
                let session = self.model.session_of(s.session);
                let ended = matches!(s.state, DeliveryState::Failed | DeliveryState::Expired);
                ended && session.channel == channel && !self.model.is_forgotten(session.contact)
            };
            let all = self.model.sent.iter().filter(again);
            let mut all: Vec<_> = all.map(|s| (s.message, s.session, s.position)).collect();
            // In the order in which they were written, however often they failed since.
            all.sort_unstable_by_key(|(_, _, position)| *position);
            for (message, session, position) in all {
                self.model.enqueue(message, session, position);
            }
        }
    }

    /// What administrators and messengers do to the fixture.
    #[expect(
        clippy::too_many_lines,
        reason = "a step and what is right for it, one after the other"
    )]
    pub(super) fn administers(&mut self, step: &Step) {
        match *step {
            Step::Disconnects {
                second,
                by_messenger,
            } => self.disconnects(second, by_messenger),
            Step::Reconnects { second, works } => self.reconnects(second, works),
            Step::Connects { second, works } => self.connects(second, works),
            Step::Deletes { second } => {
                let id = self.model.channel_at(second);
                let gone = self.model.status(id) == ChannelStatus::Deleted;
                let right = if gone { Err(Code::NotFound) } else { Ok(()) };
                if self
                    .submit("root", ChannelCommand::Delete(id), right)
                    .is_some()
                {
                    self.model.channel(id).status = ChannelStatus::Deleted;
                    self.model.ends(|s| s.channel == id);
                }
            }
            Step::Disables {
                user: who,
                disabled,
            } => {
                let who = user(who);
                let command = UserCommand::Disable {
                    user: who.parse().unwrap(),
                    disabled,
                };
                self.submit("root", command, Ok(()));
                if disabled {
                    self.model.disabled.insert(who);
                } else {
                    self.model.disabled.remove(who);
                }
            }
            Step::Members { ann, bob } => {
                let all = [("ann", ann), ("bob", bob), ("rea", true)];
                self.model.members = all
                    .iter()
                    .filter(|(_, is)| *is)
                    .map(|(name, _)| *name)
                    .collect();
                let users = self
                    .model
                    .members
                    .iter()
                    .map(|m| m.parse().unwrap())
                    .collect();
                let live_chat = self.fixture.live_chat;
                self.submit(
                    "root",
                    LiveChatCommand::Members { live_chat, users },
                    Ok(()),
                );
            }
            Step::Forgets { author, second } => {
                let channel = self.model.channel_at(second);
                let Some(id) = self.model.person(channel, author) else {
                    return;
                };
                self.submit("root", Command::Forget(id), Ok(()));
                self.model
                    .people
                    .iter_mut()
                    .find(|p| p.id == id)
                    .unwrap()
                    .forgotten = true;
                self.model.ends(|s| s.contact == id);
            }
            Step::Profile { author, known } => {
                let channel = self.model.channel_at(false);
                let Some(id) = self.model.person(channel, author) else {
                    return;
                };
                let profile = Profile {
                    username: Some("Eva".to_owned()),
                    ..Profile::default()
                };
                self.fixture
                    .system(SystemCommand::Profile(id, known.then_some(profile)));
            }
            _ => {}
        }
    }

    pub(super) fn disconnects(&mut self, second: bool, by_messenger: bool) {
        use ChannelStatus::{Active, Deleted, Disconnected, Failed, Pending};
        let id = self.model.channel_at(second);
        let before = self.model.status(id);
        if by_messenger {
            let right = if before == Deleted {
                Err(Code::ChannelNotFound)
            } else {
                Ok(())
            };
            if self.receive(id, Inbound::Disconnect, right).is_some() && before == Active {
                self.model.channel(id).becomes(Disconnected);
            }
            return;
        }
        let right = if before == Deleted {
            Err(Code::NotFound)
        } else {
            Ok(())
        };
        if self
            .submit("root", ChannelCommand::Disconnect(id), right)
            .is_some()
        {
            let never = matches!(before, Pending | Failed);
            let now = if never { Failed } else { Disconnected };
            self.model.channel(id).becomes(now);
        }
    }

    pub(super) fn reconnects(&mut self, second: bool, works: bool) {
        let id = self.model.channel_at(second);
        let right = match self.model.status(id) {
            ChannelStatus::Deleted => Err(Code::NotFound),
            _ => self.model.may_have(second, Some(id)),
        };
        if self
            .submit("root", ChannelCommand::Reconnect(id), right)
            .is_none()
        {
            return;
        }
        let result = if works {
            Ok(full_proof())
        } else {
            Err(Reason::WrongCode { status: 401 })
        };
        self.fixture.verified(id, Purpose::Reconnect, result);
        let channel = self.model.channel(id);
        if works {
            channel.becomes(ChannelStatus::Active);
            channel.failing_since = None;
        } else if channel.status != ChannelStatus::Active {
            channel.generation += 1;
        }
    }

    pub(super) fn connects(&mut self, second: bool, works: bool) {
        let connect = self.fixture.connect(HOOKS[usize::from(second)]);
        let right = self.model.may_have(second, None);
        let reply = self.submit("root", ChannelCommand::Connect(connect), right);
        let Some(Reply::Answer(Named::Channel(id))) = reply else {
            return;
        };
        let result = if works {
            Ok(full_proof())
        } else {
            Err(Reason::WrongCode { status: 401 })
        };
        self.fixture.verified(id, Purpose::Connect, result);
        let status = if works {
            ChannelStatus::Active
        } else {
            ChannelStatus::Failed
        };
        self.model.channels.push(super::super::model::Channel {
            id,
            second,
            status,
            failing_since: None,
            generation: 0,
        });
    }
}
