//! The methods, one row each.

use super::Effect::{Change, Read, Signal};
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
/// The caller by default.
const OWN_LOGIN: Parameter = optional("login", Login).or("user");
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
const CONFIRMATION_CODE: Kind = Code {
    max: CODE_BYTES_MAX,
};
const CODE: Parameter = required("code", CONFIRMATION_CODE);
const WEBHOOK: Kind = Url { max: URL_BYTES_MAX };
const SHORTCUT: Kind = text(1, SHORTCUT_CHARS_MAX);
const EXTERNAL_ID: Kind = ExternalId {
    max: EXTERNAL_ID_BYTES_MAX,
};
const OVERLAP: Kind = Duration {
    default: ROTATION_OVERLAP.as_secs(),
    max: ROTATION_OVERLAP_MAX.as_secs(),
};
/// Short lists fit on one page by default.
const LIMIT_OF_SHORT_LIST: Parameter = limit(LIST_MAX, LIST_MAX);
const LIMIT_200: Parameter = limit(50, 200);
const LIMIT_500: Parameter = limit(50, 500);

/// Every method, in the order of the specification.
#[rustfmt::skip]
pub const METHODS: &[Method] = &[
    row("me", "me", Everyone, Read, &[]),
    row("live-chats.list", "live-chat list", Everyone, Read, &[before(Id), LIMIT_OF_SHORT_LIST]),
    row("live-chats.create", "live-chat create", Administrators, Change, &[
        NAME, optional("users", USERS),
    ]),
    row("live-chats.rename", "live-chat rename", Administrators, Change, &[LIVE_CHAT, NAME]),
    row("live-chats.delete", "live-chat delete", Administrators, Change, &[
        LIVE_CHAT, optional("force", Flag),
    ]),
    row("live-chats.members", "live-chat members", Administrators, Change, &[
        LIVE_CHAT, required("users", USERS),
    ]),
    row("channels.list", "channel list", Members, Read, &[
        IN_LIVE_CHAT, before(Id), LIMIT_OF_SHORT_LIST,
    ]),
    row("channels.get", "channel get", Members, Read, &[CHANNEL]),
    row("channels.connect", "channel connect", Administrators, Change, &[
        LIVE_CHAT, NAME, required("webhook", WEBHOOK), CODE, optional("security", SECURITIES),
        optional("dialect", DIALECTS), optional("operatorInitiated", Flag),
    ]),
    row("channels.disconnect", "channel disconnect", Administrators, Change, &[CHANNEL]),
    row("channels.reconnect", "channel reconnect", Administrators, Change, &[CHANNEL]),
    row("channels.rename", "channel rename", Administrators, Change, &[CHANNEL, NAME]),
    row("channels.delete", "channel delete", Administrators, Change, &[CHANNEL]),
    row("channels.update", "channel update", Administrators, Change, &[
        CHANNEL, optional("webhook", WEBHOOK), optional("security", SECURITIES),
        optional("dialect", DIALECTS), optional("operatorInitiated", Flag),
    ]),
    row("channels.rotate", "channel rotate", Administrators, Change, &[
        CHANNEL, CODE, optional("overlap", OVERLAP).or("keep"),
    ]),
    row("channels.test", "channel test", Administrators, Change, &[CHANNEL]),
    row("users.list", "user list", Administrators, Read, &[before(Login), LIMIT_OF_SHORT_LIST]),
    row("users.create", "user create", Administrators, Change, &[
        LOGIN, NEW_NAME, optional("groups", GROUPS), required("password", PASSWORD),
    ]),
    row("users.update", "user update", Administrators, Change, &[
        LOGIN, NEW_NAME, optional("groups", GROUPS), optional("password", PASSWORD),
        optional("disabled", Flag),
    ]),
    row("users.disable", "user disable", Administrators, Change, &[
        LOGIN, optional("disabled", Flag),
    ]),
    row("users.tokens", "user tokens", Everyone, Read, &[OWN_LOGIN]),
    row("users.token", "user token", Administrators, Change, &[OWN_LOGIN, NEW_NAME]),
    row("users.token-revoke", "user token-revoke", Everyone, Change, &[
        OWN_LOGIN, either("token", Id), or("all", Flag),
    ]),
    row("sessions.list", "session list", Members, Read, &[
        optional("view", VIEWS), IN_LIVE_CHAT, SEARCH, before(Cursor), LIMIT_200,
    ]),
    row("sessions.get", "session get", Members, Read, &[SESSION]),
    row("sessions.history", "session history", Members, Read, &[
        either("session", Id), or("contact", Id), optional("events", Flag), before(Position),
        LIMIT_500,
    ]),
    row("sessions.take", "session take", Staff, Change, &[SESSION]),
    row("sessions.transfer", "session transfer", Operator, Change, &[
        SESSION, either("to", Login), or("queue", Flag), optional("note", text(0, TEXT_CHARS_MAX)),
    ]),
    row("sessions.close", "session close", Operator, Change, &[SESSION]),
    row("sessions.reopen", "session reopen", Staff, Change, &[SESSION, optional("queue", Flag)]),
    row("sessions.create", "session create", Staff, Change, &[
        CHANNEL, either("contact", Id), or("externalChatId", EXTERNAL_ID),
        or("externalUserId", EXTERNAL_ID), optional("text", text(0, TEXT_CHARS_MAX)),
    ]),
    row("messages.send", "message send", Operator, Change, &[
        SESSION, optional("text", TEXT), optional("files", Files { max: FILES_MAX }),
        optional("replyTo", Id),
    ]),
    row("messages.note", "message note", Staff, Change, &[SESSION, required("text", TEXT)]),
    row("messages.read", "message read", Operator, Change, &[SESSION, required("upTo", Id)]),
    row("messages.retry", "message retry", Operator, Change, &[MESSAGE]),
    row("typing", "session typing", Members, Signal, &[SESSION, ENDED]),
    row("viewing", "session viewing", Members, Signal, &[SESSION, ENDED]),
    row("replies.list", "reply list", Members, Read, &[LIVE_CHAT, before(Id), LIMIT_OF_SHORT_LIST]),
    row("replies.create", "reply create", Supervisors, Change, &[
        LIVE_CHAT, required("shortcut", SHORTCUT), required("text", TEXT),
    ]),
    row("replies.update", "reply update", Supervisors, Change, &[
        LIVE_CHAT, REPLY, optional("shortcut", SHORTCUT), optional("text", TEXT),
    ]),
    row("replies.delete", "reply delete", Supervisors, Change, &[LIVE_CHAT, REPLY]),
    row("audit.list", "audit list", Administrators, Read, &[
        optional("user", Login), optional("stream", Stream), before(Position), LIMIT_500,
    ]),
    row("deliveries.list", "delivery list", Members, Read, &[
        IN_CHANNEL, optional("message", Id), optional("state", STATES),
        optional("outcome", STATES), before(Position), LIMIT_500,
    ]),
    row("deliveries.replay", "delivery replay", Administrators, Change, &[
        either("message", Id), or("channel", Id), or("since", Time),
    ]),
    row("contacts.list", "contact list", Members, Read, &[
        IN_CHANNEL, SEARCH, before(Id), LIMIT_200,
    ]),
    row("contacts.get", "contact get", Members, Read, &[CONTACT]),
    row("contacts.forget", "contact forget", Administrators, Change, &[CONTACT]),
    row("events.after", "event after", Everyone, Read, &[
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
    name: &'static str,
    cli: &'static str,
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
