//! The methods, one row each.

use super::Kind::{Bool, Choice, Files, Flag, List, Name, Number, Secret, Text, TextOrStdin};
use super::{Arg, Kind, Method, Named, changes, may, must, reads};

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
    "Continue after this entry: `next` of the previous answer",
);
const ENDED: Arg = may("ended", "ended", Flag, "End the signal");
const LIMIT: Arg = may("limit", "limit", Number, "The most entries");
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
    reads("me", "", "me", "Show your user and rights", &[]),
    reads("live-chat", "list", "live-chats.list", "List the live chats that you may read", &[BEFORE, LIMIT]),
    changes("live-chat", "create", "live-chats.create", "Create a live chat", &[
        NAME,
        may("users", "users", List, "Its members, by login"),
    ]),
    changes("live-chat", "rename", "live-chats.rename", "Rename a live chat", &[LIVE_CHAT, NAME]),
    changes("live-chat", "delete", "live-chats.delete", "Delete a live chat", &[
        LIVE_CHAT,
        may("force", "force", Flag, "Even if it has channels, which are then disconnected"),
    ]),
    changes("live-chat", "members", "live-chats.members", "Set the members of a live chat", &[
        LIVE_CHAT,
        must("users", "users", List, "All of its members, by login; those left out are removed"),
    ]),
    reads("channel", "list", "channels.list", "List channels and their status", &[
        IN_LIVE_CHAT, BEFORE, LIMIT,
    ]),
    reads("channel", "get", "channels.get", "Show a channel", &[CHANNEL]),
    changes("channel", "connect", "channels.connect", "Connect a messenger to a live chat", &[
        LIVE_CHAT,
        NAME,
        must("webhook", "webhook", Text, "The URL that receives for the messenger"),
        must("code", "code", Secret, "The confirmation code of the messenger"),
        may("security", "security", SECURITY, "How the messenger authenticates its requests"),
        may("dialect", "dialect", DIALECT, "The protocol dialect of the messenger"),
        may("operator-initiated", "operatorInitiated", Flag, "Operators may start sessions"),
    ]),
    changes("channel", "disconnect", "channels.disconnect", "Disconnect a channel", &[CHANNEL]),
    changes("channel", "reconnect", "channels.reconnect", "Verify a channel again and reconnect it", &[CHANNEL]),
    changes("channel", "rename", "channels.rename", "Rename a channel", &[CHANNEL, NAME]),
    changes("channel", "delete", "channels.delete", "Delete a channel; its history is kept", &[
        CHANNEL,
    ]),
    changes("channel", "update", "channels.update", "Change a channel", &[
        CHANNEL,
        may("webhook", "webhook", Text, "The new webhook URL; verified before it is used"),
        may("security", "security", SECURITY, "How the messenger authenticates its requests"),
        may("dialect", "dialect", DIALECT, "The protocol dialect of the messenger"),
        may("operator-initiated", "operatorInitiated", Bool, "Operators may start sessions"),
    ]),
    changes("channel", "rotate", "channels.rotate", "Set a new confirmation code", &[
        CHANNEL,
        must("code", "code", Secret, "The new confirmation code"),
        may("keep", "keep", Text, "How long the old code stays valid, such as 24h"),
    ]),
    changes("channel", "test", "channels.test", "Send a signed ping and show the response", &[
        CHANNEL,
    ]),
    reads("user", "list", "users.list", "List users", &[BEFORE, LIMIT]),
    changes("user", "create", "users.create", "Create a user", &[
        must("user", "login", Text, "The login: a-z, 0-9, - and _"),
        may("name", "name", Text, "The name to show [default: the login]"),
        may("groups", "groups", List, "administrators, supervisors, operators, readers"),
        must("password", "password", Secret, "The password, at least 8 characters"),
    ]),
    changes("user", "update", "users.update", "Change a user", &[
        must("user", "login", Text, "The user's login"),
        may("name", "name", Text, "The name to show"),
        may("groups", "groups", List, "All of the user's groups"),
        may("password", "password", Secret, "A new password"),
        may("disabled", "disabled", Bool, "false enables a disabled user again"),
    ]),
    changes("user", "disable", "users.disable", "Disable a user", &[
        must("user", "login", Text, "The user's login"),
        may("disabled", "disabled", Bool, "false enables the user again"),
    ]),
    changes("user", "token", "users.token", "Issue an API token, shown once", &[
        may("user", "login", Text, "The user's login [default: your own]"),
    ]),
    reads("session", "list", "sessions.list", "List sessions", &[
        may("view", "view", Choice(&["queue", "mine", "active", "closed"]), "The view [default: queue]"),
        IN_LIVE_CHAT,
        may("text", "text", Text, "Only those that contain this text"),
        BEFORE,
        LIMIT,
    ]),
    reads("session", "get", "sessions.get", "Show a session", &[SESSION]),
    reads("session", "history", "sessions.history", "Show the messages, oldest first", &[
        may("session", "session", Text, "The session's id"),
        may("contact", "contact", Text, "Or the contact's id"),
        may("events", "events", Flag, "Include events of the session"),
        may("before", "before", Number, "Only messages before this position"),
        LIMIT,
    ]),
    changes("session", "take", "sessions.take", "Assign a queued session to yourself", &[SESSION]),
    changes("session", "transfer", "sessions.transfer", "Transfer a session", &[
        SESSION,
        may("to", "to", Text, "To this user"),
        may("queue", "queue", Flag, "Or back to the queue"),
        may("note", "note", TextOrStdin, "A note for the next operator"),
    ]),
    changes("session", "close", "sessions.close", "Close a session", &[SESSION]),
    changes("session", "create", "sessions.create", "Start a session with a person", &[
        CHANNEL,
        may("contact", "contact", Text, "A contact's id"),
        may("external-chat", "externalChatId", Text, "Or the messenger's id of the chat"),
        may("external-user", "externalUserId", Text, "and the messenger's id of the person"),
        may("text", "text", TextOrStdin, "The first message"),
    ]),
    reads("session", "typing", "typing", "Send a typing signal", &[SESSION, ENDED]),
    reads("session", "viewing", "viewing", "Send a viewing signal", &[SESSION, ENDED]),
    changes("message", "send", "messages.send", "Send a message to the person", &[
        SESSION,
        may("text", "text", TextOrStdin, "The text; - reads it from stdin"),
        may("file", "files", Files, "A file, as URL or NAME=URL; repeatable"),
        may("reply-to", "replyTo", Text, "The id of the message to reply to"),
    ]),
    changes("message", "note", "messages.note", "Add a note for colleagues", &[
        SESSION,
        must("text", "text", TextOrStdin, "The text; - reads it from stdin"),
    ]),
    changes("message", "read", "messages.read", "Mark messages as read", &[
        SESSION,
        must("up-to", "upTo", Text, "The id of the last message read"),
    ]),
    changes("message", "retry", "messages.retry", "Retry a failed message", &[MESSAGE]),
    reads("delivery", "list", "deliveries.list", "List delivery attempts", &[
        IN_CHANNEL,
        may("message", "message", Text, "Only of this message"),
        may("state", "state", Choice(STATES), "Only those in this state"),
        BEFORE,
        LIMIT,
    ]),
    changes("delivery", "replay", "deliveries.replay", "Retry failed messages", &[
        may("message", "message", Text, "One message"),
        may("channel", "channel", Name(Named::Channel), "Or all of a channel"),
        may("since", "since", Text, "failed since this time, such as 2026-11-22T10:00:00Z"),
    ]),
    reads("contact", "list", "contacts.list", "List contacts", &[
        IN_CHANNEL,
        may("text", "text", Text, "Only those that contain this text"),
        BEFORE,
        LIMIT,
    ]),
    reads("contact", "get", "contacts.get", "Show a contact", &[CONTACT]),
    changes("contact", "forget", "contacts.forget", "Erase a person's messages and profile", &[CONTACT]),
    reads("reply", "list", "replies.list", "List the canned replies of a live chat", &[
        LIVE_CHAT, BEFORE, LIMIT,
    ]),
    changes("reply", "create", "replies.create", "Create a canned reply", &[
        LIVE_CHAT,
        must("shortcut", "shortcut", Text, "The shortcut"),
        must("text", "text", TextOrStdin, "The text; - reads it from stdin"),
    ]),
    changes("reply", "update", "replies.update", "Change a canned reply", &[
        LIVE_CHAT,
        must("reply", "reply", Text, "The reply's id"),
        may("shortcut", "shortcut", Text, "The shortcut"),
        may("text", "text", TextOrStdin, "The text; - reads it from stdin"),
    ]),
    changes("reply", "delete", "replies.delete", "Delete a canned reply", &[
        LIVE_CHAT,
        must("reply", "reply", Text, "The reply's id"),
    ]),
    reads("audit", "list", "audit.list", "List changes, newest first", &[
        may("user", "user", Text, "Only by this user"),
        may("stream", "stream", Text, "Only this stream, such as channel-ID"),
        BEFORE,
        LIMIT,
    ]),
    reads("event", "after", "events.after", "List the events after a position", &[
        must("position", "position", Number, "The position; 0 is the beginning"),
        IN_LIVE_CHAT,
        LIMIT,
    ]),
];
