//! Seals the private fields of events.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::chance::Chance;
use crate::event::{
    Attempt, ChannelCreated, ChannelStatusChanged, ChannelUpdated, ChatRenamed, CodeRotated,
    CodeUsed, ContactCreated, ContactForgotten, ContactUpdated, DeliveryChanged, EditParked, Event,
    LiveChatCreated, LiveChatDeleted, LiveChatRenamed, MembersChanged, MessageDeleted,
    MessageEdited, MessageRead, MessageReceived, MessageSent, MessagesRefused, NoteAdded,
    NoticesSettled, ReplyDeleted, ReplySaved, RequestAccepted, ScheduleShifted, SessionAssigned,
    SessionClosed, SessionOpened, SessionReopened, SessionTransferred, TokenIssued, TokenRevoked,
    TokenUsed, UserCreated, UserDisabled, UserUpdated,
};
use crate::seal::{Indexed, Private, SealKey};

/// A private field of an event. Without a key its value is discarded.
trait Seal {
    fn seal_with(&mut self, key: Option<&SealKey>, context: &[u8], chance: &mut Chance);
    /// Whether there is a value that is not sealed yet.
    fn is_clear(&self) -> bool;
}

impl<T: Serialize + DeserializeOwned + Clone> Seal for Private<T> {
    fn seal_with(&mut self, key: Option<&SealKey>, context: &[u8], chance: &mut Chance) {
        match key {
            Some(key) => self.seal(key, context, chance),
            None => self.withhold(),
        }
    }

    fn is_clear(&self) -> bool {
        matches!(self, Self::Clear(_))
    }
}

impl<T: Seal> Seal for Option<T> {
    fn seal_with(&mut self, key: Option<&SealKey>, context: &[u8], chance: &mut Chance) {
        if let Some(private) = self {
            private.seal_with(key, context, chance);
        }
    }

    fn is_clear(&self) -> bool {
        self.as_ref().is_some_and(Seal::is_clear)
    }
}

impl Seal for Indexed {
    fn seal_with(&mut self, key: Option<&SealKey>, _: &[u8], chance: &mut Chance) {
        match key {
            Some(key) => self.seal(key, chance),
            None => self.withhold(),
        }
    }

    fn is_clear(&self) -> bool {
        self.is_clear()
    }
}

impl Seal for Attempt {
    fn seal_with(&mut self, key: Option<&SealKey>, context: &[u8], chance: &mut Chance) {
        let Self {
            ms: _,
            error_text: _,
            answer,
            previous: _,
            reason: _,
        } = self;
        answer.seal_with(key, context, chance);
    }

    fn is_clear(&self) -> bool {
        self.answer.is_clear()
    }
}

/// Implements [`Event::seal`] from a list of every event with its public fields and its private fields
/// with the keys that seal them. A field that is not listed is a compile error.
macro_rules! sealing {
    ($person:ident, $master:ident; $($event:ident { $($public:ident)* $(; $($private:ident by $key:ident)+)? })*) => {
        impl Event {
            /// Seals the private fields. `person` is the key of the person whom the event is about,
            /// `master` the key of the data directory.
            pub fn seal(
                &mut self,
                $person: Option<&SealKey>,
                $master: &SealKey,
                context: &[u8],
                chance: &mut Chance,
            ) {
                let $master = Some($master);
                match self {
                    $(Self::$event($event { $($public: _,)* $($($private,)+)? }) => {
                        $($($private.seal_with($key, context, chance);)+)?
                    })*
                    Self::Unknown => {}
                }
            }

            /// Whether the event has something to seal under the key of a person.
            pub fn needs_personal_key(&self) -> bool {
                let ($person, $master) = (true, false);
                match self {
                    $(Self::$event($event { $($public: _,)* $($($private,)+)? }) => {
                        false $($(|| $key && $private.is_clear())+)?
                    })*
                    Self::Unknown => false,
                }
            }
        }
    };
}

sealing! {
    person, master;
    UserCreated { name groups; password_hash by master }
    UserUpdated { name groups; password_hash by master }
    UserDisabled { disabled }
    TokenIssued { token name; hash by master }
    TokenRevoked { token name }
    TokenUsed { token }
    LiveChatCreated { name members }
    LiveChatRenamed { name }
    LiveChatDeleted { }
    MembersChanged { members }
    ReplySaved { reply; shortcut by master text by master }
    ReplyDeleted { reply }
    ChannelCreated {
        live_chat name webhook codeless security dialect operator_initiated; code by master
    }
    ChannelStatusChanged { status reason_text verified capabilities breaker_open reason }
    ChannelUpdated { name webhook security dialect operator_initiated }
    CodeRotated { codeless old_until; code by master }
    CodeUsed { old inbound }
    MessagesRefused { count }
    NoticesSettled { notices error }
    ScheduleShifted { by_ms }
    EditParked { external_message_id key; text by person }
    RequestAccepted { webhook_id digest }
    ContactCreated { channel key; external_user_id by person }
    ContactUpdated { is_empty; profile by person }
    ContactForgotten { }
    SessionOpened {
        channel contact opened_by operator previous;
        external_chat_id by person chat_name by person name by person
    }
    ChatRenamed { ; name by person }
    SessionAssigned { operator from }
    SessionTransferred { operator reason; note by person }
    SessionClosed { reason_text reason }
    SessionReopened { operator }
    MessageReceived {
        message contact created_at reply_to digest;
        external_message_id by person content by person
    }
    MessageSent { message operator reply_to expires_at operator_name; content by person }
    MessageEdited { message parked; content by person }
    MessageDeleted { message }
    MessageRead { message }
    NoteAdded { message operator; content by person }
    DeliveryChanged {
        message state attempts next_attempt_at expires_at reason_text status requeued pause_until
        reason; attempt by person report by person
    }
}
