//! The methods themselves, one row each.

use super::Kind::{Bool, Choice, Files, Flag, List, Name, Number, Secret, Text, Words};
use super::{Arg, Kind, Method, changes, may, must, reads};
use crate::commands::api::lookup::Named;

const LIVE_CHAT: Arg = must(
    "live-chat",
    "liveChat",
    Name(Named::LiveChat),
    "The live chat, by id or name",
);
const IN_LIVE_CHAT: Arg = may(
    "live-chat",
    "liveChat",
    Name(Named::LiveChat),
    "Only this live chat, by id or name",
);
const CHANNEL: Arg = must(
    "channel",
    "channel",
    Name(Named::Channel),
    "The channel, by id or name",
);
const IN_CHANNEL: Arg = may(
    "channel",
    "channel",
    Name(Named::Channel),
    "Only this channel, by id or name",
);
const SESSION: Arg = must("session", "session", Text, "The session's id");
const MESSAGE: Arg = must("message", "message", Text, "The message's id");
const CONTACT: Arg = must("contact", "contact", Text, "The contact's id");
const NAME: Arg = must("name", "name", Text, "The name to show");
const BEFORE: Arg = may(
    "before",
    "before",
    Text,
    "Only what is before this: `next` of the answer before",
);
const LIMIT: Arg = may("limit", "limit", Number, "At most so many");
const SECURITY: Kind = Choice(&["signed", "token", "open"]);
const DIALECT: Kind = Choice(&["native", "brix"]);
/// The states of a delivery.
const STATES: &[&str] = &[
    "queued",
    "sending",
    "accepted",
    "delivered",
    "read",
    "failed",
    "expired",
];

/// The methods, in the order of the specification.
#[rustfmt::skip]
pub(in crate::commands::api) const METHODS: &[Method] = &[
    reads("me", "", "me", "Show who you are and what you may see", &[]),
    reads("live-chat", "list", "live-chats.list", "List the live chats that you may see", &[]),
    changes("live-chat", "create", "live-chats.create", "Make a live chat", &[
        NAME,
        may("users", "users", List, "Its members, by login"),
    ]),
    changes("live-chat", "rename", "live-chats.rename", "Rename a live chat", &[LIVE_CHAT, NAME]),
    changes("live-chat", "delete", "live-chats.delete", "Delete a live chat", &[
        LIVE_CHAT,
        may("force", "force", Flag, "Also when it has channels, which are then disconnected"),
    ]),
    changes("live-chat", "members", "live-chats.members", "Set the members of a live chat", &[
        LIVE_CHAT,
        must("users", "users", List, "All of its members, by login; those left out are removed"),
    ]),
    reads("channel", "list", "channels.list", "List channels and how they are", &[IN_LIVE_CHAT]),
    reads("channel", "get", "channels.get", "Show a channel", &[CHANNEL]),
    changes("channel", "connect", "channels.connect", "Connect a messenger to a live chat", &[
        LIVE_CHAT,
        NAME,
        must("webhook", "webhook", Text, "Where the messenger receives"),
        must("code", "code", Secret, "The confirmation code that the messenger knows"),
        may("security", "security", SECURITY, "What proof is asked of the messenger"),
        may("dialect", "dialect", DIALECT, "Which members the messenger gets"),
        may("operator-initiated", "operatorInitiated", Flag, "Operators may start sessions"),
    ]),
    changes("channel", "disconnect", "channels.disconnect", "End a connection", &[CHANNEL]),
    changes("channel", "reconnect", "channels.reconnect", "Verify again and go on", &[CHANNEL]),
    changes("channel", "rename", "channels.rename", "Rename a channel", &[CHANNEL, NAME]),
    changes("channel", "delete", "channels.delete", "Delete a channel; its history stays", &[
        CHANNEL,
    ]),
    changes("channel", "update", "channels.update", "Change a channel", &[
        CHANNEL,
        may("webhook", "webhook", Text, "Where the messenger receives; verified before it is used"),
        may("security", "security", SECURITY, "What proof is asked of the messenger"),
        may("dialect", "dialect", DIALECT, "Which members the messenger gets"),
        may("operator-initiated", "operatorInitiated", Bool, "Operators may start sessions"),
    ]),
    changes("channel", "rotate", "channels.rotate", "Set a new confirmation code", &[
        CHANNEL,
        must("code", "code", Secret, "The new confirmation code"),
        may("keep", "keep", Text, "How long the old one stays good, such as 24h"),
    ]),
    reads("channel", "test", "channels.test", "Send a signed ping and show what came back", &[
        CHANNEL,
    ]),
    reads("user", "list", "users.list", "List users", &[]),
    changes("user", "create", "users.create", "Make a user", &[
        must("user", "login", Text, "The login: a-z, 0-9, - and _"),
        may("name", "name", Text, "The name to show [default: the login]"),
        may("groups", "groups", List, "administrators, supervisors, operators, readers"),
        must("password", "password", Secret, "The password, 8 characters at least"),
    ]),
    changes("user", "update", "users.update", "Change a user", &[
        must("user", "login", Text, "The user's login"),
        may("name", "name", Text, "The name to show"),
        may("groups", "groups", List, "All of the user's groups"),
        may("password", "password", Secret, "A new password"),
        may("disabled", "disabled", Bool, "false lets a disabled user in again"),
    ]),
    changes("user", "disable", "users.disable", "Let a user in no more", &[
        must("user", "login", Text, "The user's login"),
    ]),
    changes("user", "token", "users.token", "Issue an API token, shown once", &[
        may("user", "login", Text, "The user's login [default: your own]"),
    ]),
    reads("session", "list", "sessions.list", "List sessions", &[
        may("view", "view", Choice(&["queue", "mine", "active", "closed"]), "Which [default: queue]"),
        IN_LIVE_CHAT,
        may("text", "text", Text, "Only those with this in them"),
        BEFORE,
        LIMIT,
    ]),
    reads("session", "get", "sessions.get", "Show a session", &[SESSION]),
    reads("session", "history", "sessions.history", "Show what was written, oldest first", &[
        may("session", "session", Text, "The session's id"),
        may("contact", "contact", Text, "Or the contact's id"),
        may("before", "before", Number, "Only what is before this position"),
        LIMIT,
    ]),
    changes("session", "take", "sessions.take", "Take a queued session", &[SESSION]),
    changes("session", "transfer", "sessions.transfer", "Hand a session on", &[
        SESSION,
        may("to", "to", Text, "To this user"),
        may("queue", "queue", Flag, "Or back to the queue"),
        may("note", "note", Words, "A note for whoever takes it"),
    ]),
    changes("session", "close", "sessions.close", "Close a session", &[SESSION]),
    changes("session", "create", "sessions.create", "Start a session with a person", &[
        CHANNEL,
        may("contact", "contact", Text, "A contact's id"),
        may("external-chat", "externalChatId", Text, "Or the messenger's id of the conversation"),
        may("external-user", "externalUserId", Text, "with the messenger's id of the person"),
        may("text", "text", Words, "The first message"),
    ]),
    changes("session", "typing", "typing", "Be seen writing", &[SESSION]),
    changes("session", "viewing", "viewing", "Be seen reading", &[SESSION]),
    changes("message", "send", "messages.send", "Write to the person", &[
        SESSION,
        may("text", "text", Words, "The text; - reads it from stdin"),
        may("file", "files", Files, "A file, as URL or NAME=URL; may be repeated"),
        may("reply-to", "replyTo", Text, "The id of the message that this answers"),
    ]),
    changes("message", "note", "messages.note", "Write a note for colleagues", &[
        SESSION,
        must("text", "text", Words, "The text; - reads it from stdin"),
    ]),
    changes("message", "read", "messages.read", "Mark messages as read", &[
        SESSION,
        must("up-to", "upTo", Text, "The id of the last message read"),
    ]),
    changes("message", "retry", "messages.retry", "Send a failed message again", &[MESSAGE]),
    reads("delivery", "list", "deliveries.list", "List attempts at messengers", &[
        IN_CHANNEL,
        may("message", "message", Text, "Only of this message"),
        may("state", "state", Choice(STATES), "Only those in this state"),
        BEFORE,
        LIMIT,
    ]),
    changes("delivery", "replay", "deliveries.replay", "Send again what failed", &[
        may("message", "message", Text, "One message"),
        may("channel", "channel", Name(Named::Channel), "Or all of a channel"),
        may("since", "since", Text, "since this time, such as 2026-11-22T10:00:00Z"),
    ]),
    reads("contact", "list", "contacts.list", "List contacts", &[
        IN_CHANNEL,
        may("text", "text", Text, "Only those with this in them"),
        BEFORE,
        LIMIT,
    ]),
    reads("contact", "get", "contacts.get", "Show a contact", &[CONTACT]),
    changes("contact", "forget", "contacts.forget", "Erase a person's words and profile", &[CONTACT]),
    reads("reply", "list", "replies.list", "List the canned replies of a live chat", &[LIVE_CHAT]),
    changes("reply", "create", "replies.create", "Make a canned reply", &[
        LIVE_CHAT,
        must("shortcut", "shortcut", Text, "What is typed for it"),
        must("text", "text", Words, "What it says; - reads it from stdin"),
    ]),
    changes("reply", "update", "replies.update", "Change a canned reply", &[
        LIVE_CHAT,
        must("reply", "reply", Text, "The reply's id"),
        may("shortcut", "shortcut", Text, "What is typed for it"),
        may("text", "text", Words, "What it says; - reads it from stdin"),
    ]),
    changes("reply", "delete", "replies.delete", "Delete a canned reply", &[
        LIVE_CHAT,
        must("reply", "reply", Text, "The reply's id"),
    ]),
    reads("audit", "list", "audit.list", "List what was done, newest first", &[
        may("user", "user", Text, "Only by this user"),
        may("stream", "stream", Text, "Only to this, such as channel-ID"),
        BEFORE,
        LIMIT,
    ]),
    reads("event", "after", "events.after", "List the events after a position", &[
        must("position", "position", Number, "The position; 0 is the beginning"),
        IN_LIVE_CHAT,
        LIMIT,
    ]),
];
