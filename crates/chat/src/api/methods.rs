//! The methods, one row each.

use super::Kind::{
    Choice, Choices, Code, Cursor, Duration, ExternalId, Files, Flag, Id, Limit, Login, Logins,
    Password, Position, Stream, Text, Time, Url,
};
use super::Rights::{Administrators, Everyone, Members, Operator, Staff, Supervisors};
use super::{Effect, Kind, Method, Parameter, Presence, Rights};
use crate::content::{FILES_MAX, NAME_CHARS_MAX, TEXT_CHARS_MAX, URL_BYTES_MAX};
use crate::messenger::inbound::EXTERNAL_ID_BYTES_MAX;
use crate::rules::{
    CODE_BYTES_MAX, LIST_MAX, ROTATION_OVERLAP, ROTATION_OVERLAP_MAX, SHORTCUT_CHARS_MAX,
};
use crate::{password, rules};

const VIEWS: Kind = Choice(&["queue", "mine", "active", "closed"]);
const SECURITIES: Kind = Choice(&["signed", "token", "open"]);
const DIALECTS: Kind = Choice(&["native", "brix"]);
const GROUPS: Kind = Choices(&["administrators", "supervisors", "operators", "readers"]);
#[rustfmt::skip]
const STATES: Kind = Choice(&[
    "queued", "sending", "accepted", "delivered", "read", "failed", "expired",
]);
const TEXT: Kind = text(1, TEXT_CHARS_MAX);
const SEARCH: Parameter = optional("text", text(0, rules::SEARCH_CHARS_MAX));
const NAME: Parameter = required("name", text(1, NAME_CHARS_MAX));
const NEW_NAME: Parameter = optional("name", text(1, NAME_CHARS_MAX));
const LOGIN: Parameter = required("login", Login).or("user");
const LIVE_CHAT: Parameter = required("liveChat", Id);
const IN_LIVE_CHAT: Parameter = optional("liveChat", Id);
const CHANNEL: Parameter = required("channel", Id);
const IN_CHANNEL: Parameter = optional("channel", Id);
const SESSION: Parameter = required("session", Id);
const MESSAGE: Parameter = required("message", Id);
const CONTACT: Parameter = required("contact", Id);
const REPLY: Parameter = required("reply", Id);
const ENDED: Parameter = optional("ended", Flag);
const USERS: Kind = Logins { max: LIST_MAX };
const PASSWORD: Kind = Password {
    min: *password::LENGTH.start(),
    max: *password::LENGTH.end(),
};
const CODE: Parameter = required(
    "code",
    Code {
        max: CODE_BYTES_MAX,
    },
);
const WEBHOOK: Kind = Url { max: URL_BYTES_MAX };
const SHORTCUT: Kind = text(1, SHORTCUT_CHARS_MAX);
const EXTERNAL_ID: Kind = ExternalId {
    max: EXTERNAL_ID_BYTES_MAX,
};
const OVERLAP: Kind = Duration {
    default: ROTATION_OVERLAP.as_secs(),
    max: ROTATION_OVERLAP_MAX.as_secs(),
};
/// Lists that the rules keep short come as one page unless the caller asks for less.
const LIMIT_OF_SHORT_LIST: Parameter = limit(LIST_MAX, LIST_MAX);
const LIMIT_200: Parameter = limit(50, 200);
const LIMIT_500: Parameter = limit(50, 500);

/// Every method, in the order of the specification.
#[rustfmt::skip]
pub const METHODS: &[Method] = &[
    read("me", "me", Everyone, &[]),
    read("live-chats.list", "live-chat list", Everyone, &[before(Id), LIMIT_OF_SHORT_LIST]),
    change("live-chats.create", "live-chat create", Administrators, &[
        NAME, optional("users", USERS),
    ]),
    change("live-chats.rename", "live-chat rename", Administrators, &[LIVE_CHAT, NAME]),
    change("live-chats.delete", "live-chat delete", Administrators, &[
        LIVE_CHAT, optional("force", Flag),
    ]),
    change("live-chats.members", "live-chat members", Administrators, &[
        LIVE_CHAT, required("users", USERS),
    ]),
    read("channels.list", "channel list", Members, &[
        IN_LIVE_CHAT, before(Id), LIMIT_OF_SHORT_LIST,
    ]),
    read("channels.get", "channel get", Members, &[CHANNEL]),
    change("channels.connect", "channel connect", Administrators, &[
        LIVE_CHAT, NAME, required("webhook", WEBHOOK), CODE, optional("security", SECURITIES),
        optional("dialect", DIALECTS), optional("operatorInitiated", Flag),
    ]),
    change("channels.disconnect", "channel disconnect", Administrators, &[CHANNEL]),
    change("channels.reconnect", "channel reconnect", Administrators, &[CHANNEL]),
    change("channels.rename", "channel rename", Administrators, &[CHANNEL, NAME]),
    change("channels.delete", "channel delete", Administrators, &[CHANNEL]),
    change("channels.update", "channel update", Administrators, &[
        CHANNEL, optional("webhook", WEBHOOK), optional("security", SECURITIES),
        optional("dialect", DIALECTS), optional("operatorInitiated", Flag),
    ]),
    change("channels.rotate", "channel rotate", Administrators, &[
        CHANNEL, CODE, optional("overlap", OVERLAP).or("keep"),
    ]),
    change("channels.test", "channel test", Administrators, &[CHANNEL]),
    read("users.list", "user list", Administrators, &[before(Login), LIMIT_OF_SHORT_LIST]),
    change("users.create", "user create", Administrators, &[
        LOGIN, NEW_NAME, optional("groups", GROUPS), required("password", PASSWORD),
    ]),
    change("users.update", "user update", Administrators, &[
        LOGIN, NEW_NAME, optional("groups", GROUPS), optional("password", PASSWORD),
        optional("disabled", Flag),
    ]),
    change("users.disable", "user disable", Administrators, &[LOGIN, optional("disabled", Flag)]),
    change("users.token", "user token", Administrators, &[optional("login", Login).or("user")]),
    read("sessions.list", "session list", Members, &[
        optional("view", VIEWS), IN_LIVE_CHAT, SEARCH, before(Cursor), LIMIT_200,
    ]),
    read("sessions.get", "session get", Members, &[SESSION]),
    read("sessions.history", "session history", Members, &[
        either("session", Id), or("contact", Id), optional("events", Flag), before(Position),
        LIMIT_500,
    ]),
    change("sessions.take", "session take", Staff, &[SESSION]),
    change("sessions.transfer", "session transfer", Operator, &[
        SESSION, either("to", Login), or("queue", Flag), optional("note", text(0, TEXT_CHARS_MAX)),
    ]),
    change("sessions.close", "session close", Operator, &[SESSION]),
    change("sessions.create", "session create", Staff, &[
        CHANNEL, either("contact", Id), or("externalChatId", EXTERNAL_ID),
        or("externalUserId", EXTERNAL_ID), optional("text", text(0, TEXT_CHARS_MAX)),
    ]),
    change("messages.send", "message send", Operator, &[
        SESSION, optional("text", TEXT), optional("files", Files { max: FILES_MAX }),
        optional("replyTo", Id),
    ]),
    change("messages.note", "message note", Staff, &[SESSION, required("text", TEXT)]),
    change("messages.read", "message read", Operator, &[SESSION, required("upTo", Id)]),
    change("messages.retry", "message retry", Operator, &[MESSAGE]),
    signal("typing", "session typing", Members, &[SESSION, ENDED]),
    signal("viewing", "session viewing", Members, &[SESSION, ENDED]),
    read("replies.list", "reply list", Members, &[LIVE_CHAT, before(Id), LIMIT_OF_SHORT_LIST]),
    change("replies.create", "reply create", Supervisors, &[
        LIVE_CHAT, required("shortcut", SHORTCUT), required("text", TEXT),
    ]),
    change("replies.update", "reply update", Supervisors, &[
        LIVE_CHAT, REPLY, optional("shortcut", SHORTCUT), optional("text", TEXT),
    ]),
    change("replies.delete", "reply delete", Supervisors, &[LIVE_CHAT, REPLY]),
    read("audit.list", "audit list", Administrators, &[
        optional("user", Login), optional("stream", Stream), before(Position), LIMIT_500,
    ]),
    read("deliveries.list", "delivery list", Members, &[
        IN_CHANNEL, optional("message", Id), optional("state", STATES), before(Position), LIMIT_500,
    ]),
    change("deliveries.replay", "delivery replay", Administrators, &[
        either("message", Id), or("channel", Id), or("since", Time),
    ]),
    read("contacts.list", "contact list", Members, &[IN_CHANNEL, SEARCH, before(Id), LIMIT_200]),
    read("contacts.get", "contact get", Members, &[CONTACT]),
    change("contacts.forget", "contact forget", Administrators, &[CONTACT]),
    read("events.after", "event after", Everyone, &[
        required("position", Position), IN_LIVE_CHAT, limit(1_000, 1_000),
    ]),
];

const fn text(min: usize, max: usize) -> Kind {
    Text { min, max }
}

const fn parameter(name: &'static str, kind: Kind, presence: Presence) -> Parameter {
    Parameter {
        name,
        alias: None,
        kind,
        presence,
    }
}

const fn required(name: &'static str, kind: Kind) -> Parameter {
    parameter(name, kind, Presence::Required)
}

const fn optional(name: &'static str, kind: Kind) -> Parameter {
    parameter(name, kind, Presence::Optional)
}

/// A parameter of the first of two alternatives.
const fn either(name: &'static str, kind: Kind) -> Parameter {
    parameter(name, kind, Presence::Alternative(1))
}

/// A parameter of the second of two alternatives.
const fn or(name: &'static str, kind: Kind) -> Parameter {
    parameter(name, kind, Presence::Alternative(2))
}

const fn before(kind: Kind) -> Parameter {
    optional("before", kind)
}

const fn limit(default: usize, max: usize) -> Parameter {
    optional("limit", Limit { default, max })
}

impl Parameter {
    const fn or(self, alias: &'static str) -> Self {
        Self {
            alias: Some(alias),
            ..self
        }
    }
}

const fn row(
    (name, cli): (&'static str, &'static str),
    rights: Rights,
    effect: Effect,
    parameters: &'static [Parameter],
) -> Method {
    Method {
        name,
        rights,
        effect,
        cli,
        parameters,
    }
}

const fn read(
    name: &'static str,
    cli: &'static str,
    rights: Rights,
    parameters: &'static [Parameter],
) -> Method {
    row((name, cli), rights, Effect::Read, parameters)
}

const fn change(
    name: &'static str,
    cli: &'static str,
    rights: Rights,
    parameters: &'static [Parameter],
) -> Method {
    row((name, cli), rights, Effect::Change, parameters)
}

const fn signal(
    name: &'static str,
    cli: &'static str,
    rights: Rights,
    parameters: &'static [Parameter],
) -> Method {
    row((name, cli), rights, Effect::Signal, parameters)
}
