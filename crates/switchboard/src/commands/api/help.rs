//! The help of the commands: nouns, methods and parameters of [`chat::api::METHODS`].

use chat::api::{Method, Parameter, Presence};

/// A noun of the command line.
pub(super) struct Noun {
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    pub(super) examples: &'static str,
}

/// What a method does. Empty if the method is unknown here, which a test rejects.
pub(super) fn about(method: &Method) -> &'static str {
    text(METHODS, method.name).unwrap_or_default()
}

/// What a parameter of a method means: the entry `method/parameter`, or else `parameter`.
pub(super) fn parameter(method: &Method, parameter: &Parameter) -> &'static str {
    let name = parameter.name;
    let optional = match (name, parameter.presence) {
        ("liveChat", Presence::Optional) => Some("Only this live chat, by id or name"),
        ("channel", Presence::Optional) => Some("Only this channel, by id or name"),
        _ => None,
    };
    text(PARAMETERS, &format!("{}/{name}", method.name))
        .or(optional)
        .or_else(|| text(PARAMETERS, name))
        .unwrap_or_default()
}

fn text(texts: &[(&str, &'static str)], key: &str) -> Option<&'static str> {
    let found = texts.iter().find(|(name, _)| *name == key);
    found.map(|(_, text)| *text)
}

#[rustfmt::skip]
const METHODS: &[(&str, &str)] = &[
    ("me", "Show your user and rights"),
    ("live-chats.list", "List the live chats that you may read"),
    ("live-chats.create", "Create a live chat"),
    ("live-chats.rename", "Rename a live chat"),
    ("live-chats.delete", "Delete a live chat"),
    ("live-chats.members", "Set the members of a live chat"),
    ("channels.list", "List channels and their status"),
    ("channels.get", "Show a channel"),
    ("channels.connect", "Connect a messenger to a live chat"),
    ("channels.disconnect", "Disconnect a channel"),
    ("channels.reconnect", "Verify a channel again and reconnect it"),
    ("channels.rename", "Rename a channel"),
    ("channels.delete", "Delete a channel; its history is kept"),
    ("channels.update", "Change a channel"),
    ("channels.rotate", "Set a new confirmation code"),
    ("channels.test", "Send a signed ping and show the response"),
    ("users.list", "List users"),
    ("users.create", "Create a user"),
    ("users.update", "Change a user"),
    ("users.disable", "Disable a user, revoke the API tokens and return the sessions to the queue"),
    ("users.tokens", "List the API tokens of a user"),
    ("users.token", "Issue an API token, shown once"),
    ("users.token-revoke", "Revoke API tokens of a user"),
    ("sessions.list", "List sessions"),
    ("sessions.get", "Show a session"),
    ("sessions.history", "Show the messages, oldest first"),
    ("sessions.take", "Assign a session to yourself"),
    ("sessions.transfer", "Transfer a session"),
    ("sessions.close", "Close a session"),
    ("sessions.reopen", "Reopen a closed session, assigned to yourself"),
    ("sessions.create", "Start a session with a person"),
    ("typing", "Send a typing signal"),
    ("viewing", "Send a viewing signal"),
    ("messages.send", "Send a message to the person"),
    ("messages.note", "Add a note for colleagues"),
    ("messages.read", "Mark messages as read"),
    ("messages.retry", "Retry a failed or waiting message now"),
    ("deliveries.list", "List delivery attempts"),
    ("deliveries.replay", "Retry failed and waiting messages now"),
    ("contacts.list", "List contacts"),
    ("contacts.get", "Show a contact"),
    ("contacts.forget", "Erase a person's messages and profile"),
    ("replies.list", "List the canned replies of a live chat"),
    ("replies.create", "Create a canned reply"),
    ("replies.update", "Change a canned reply"),
    ("replies.delete", "Delete a canned reply"),
    ("audit.list", "List changes, newest first"),
    ("events.after", "List the events after a position"),
];

#[rustfmt::skip]
const PARAMETERS: &[(&str, &str)] = &[
    ("all", "All tokens of the user"),
    ("before", "Continue after this entry: `next` of the previous answer"),
    ("channel", "The channel, by id or name"),
    ("channels.connect/code", "The confirmation code of the messenger"),
    ("channels.connect/webhook", "The webhook URL of the messenger"),
    ("channels.rotate/code", "The new confirmation code"),
    ("channels.update/webhook", "The new webhook URL; verified before it is used"),
    ("contact", "The contact's id"),
    ("contacts.list/text", "Only those that contain this text"),
    ("deliveries.list/message", "Only attempts of this message"),
    ("deliveries.replay/channel", "All failed and waiting messages of this channel"),
    ("deliveries.replay/message", "Only this message"),
    ("dialect", "The protocol dialect of the messenger"),
    ("disabled", "false enables the user again"),
    ("ended", "End the signal"),
    ("events", "Include changes of the session"),
    ("externalChatId", "The messenger's id of the chat"),
    ("externalUserId", "The messenger's id of the person"),
    ("files", "A file, as URL or NAME=URL; repeatable"),
    ("force", "Delete it even if it has channels, and disconnect these"),
    ("limit", "Maximum number of entries"),
    ("live-chats.create/users", "The members, by login"),
    ("live-chats.members/users", "All members, by login; others are removed"),
    ("liveChat", "The live chat, by id or name"),
    ("login", "The user's login"),
    ("message", "The message's id"),
    ("name", "The name to show"),
    ("note", "A note for the next operator"),
    ("operatorInitiated", "Operators may start sessions"),
    ("outcome", "Only attempts whose message is in this state now"),
    ("overlap", "How long the old code stays valid, such as 24h"),
    ("position", "The position; 0 is the beginning"),
    ("queue", "Back to the queue"),
    ("reply", "The reply's id"),
    ("replyTo", "The id of the message to reply to"),
    ("security", "How the messenger authenticates its requests"),
    ("session", "The session's id"),
    ("sessions.create/contact", "A contact's id"),
    ("sessions.create/text", "The first message"),
    ("sessions.history/before", "Only messages before this position"),
    ("sessions.history/contact", "The contact's id"),
    ("sessions.reopen/queue", "To the queue instead of to yourself"),
    ("sessions.list/text", "Only those that contain this text"),
    ("shortcut", "The shortcut"),
    ("since", "Only messages that failed since this time, such as 2026-11-22T10:00:00Z"),
    ("state", "Only messages in this state"),
    ("stream", "Only events of this stream, such as channel-ID"),
    ("text", "The text; - reads it from stdin"),
    ("to", "To this user"),
    ("token", "The token's id, as `user tokens` lists it"),
    ("upTo", "The id of the last message read"),
    ("user", "Only changes by this user"),
    ("users.create/groups", "administrators, supervisors, operators, readers"),
    ("users.create/login", "The login: a-z, 0-9, - and _"),
    ("users.create/name", "The name to show [default: the login]"),
    ("users.create/password", "The password, at least 8 characters"),
    ("users.token-revoke/login", "The user's login [default: your own]"),
    ("users.token/login", "The user's login [default: your own]"),
    ("users.token/name", "What the token is for [default: API token]"),
    ("users.tokens/login", "The user's login [default: your own]"),
    ("users.update/disabled", "false enables a disabled user again"),
    ("users.update/groups", "All of the user's groups"),
    ("users.update/password", "A new password"),
    ("view", "The view [default: queue]"),
];

/// The nouns, in the order of the help.
pub(super) const NOUNS: &[Noun] = &[
    Noun {
        name: "me",
        about: "Show your user and rights",
        examples: "",
    },
    Noun {
        name: "live-chat",
        about: "Live chats: desks that operators staff",
        examples: "Examples:\n  switchboard live-chat create --name Sales\n  \
                   switchboard live-chat members --live-chat Sales --users ann,bob",
    },
    Noun {
        name: "channel",
        about: "Channels: connected messenger accounts",
        examples: "Examples:\n  switchboard channel connect --live-chat Sales --name Demo \\\n      \
                   --webhook http://127.0.0.1:7000/ --code-file ./code\n  \
                   switchboard channel test --channel Demo\n  \
                   switchboard channel list --json | jq '.channels[].status'",
    },
    Noun {
        name: "user",
        about: "Users: people of the company with a login",
        examples: "Example:\n  switchboard user create --user ann --name Ann --groups operators \\\n      \
                   --new-password-file ./password-of-ann",
    },
    Noun {
        name: "session",
        about: "Sessions: an operator's conversations with a person",
        examples: "Examples:\n  switchboard session list --view queue\n  \
                   switchboard session take --session ID\n  \
                   switchboard session history --session ID",
    },
    Noun {
        name: "message",
        about: "Messages: send, note, mark as read, retry",
        examples: "Examples:\n  switchboard message send --session ID --text 'Good morning'\n  \
                   fortune | switchboard message send --session ID --text -",
    },
    Noun {
        name: "delivery",
        about: "Deliveries: attempts to send messages to a messenger",
        examples: "Examples:\n  switchboard delivery list --state failed\n  \
                   switchboard delivery replay --channel Demo --since 2026-11-22T10:00:00Z",
    },
    Noun {
        name: "contact",
        about: "Contacts: people who write from messengers",
        examples: "Examples:\n  switchboard contact list --text ann\n  \
                   switchboard contact forget --contact ID",
    },
    Noun {
        name: "reply",
        about: "Replies: canned replies of a live chat",
        examples: "Example:\n  switchboard reply create --live-chat Sales --shortcut hi --text 'Hello!'",
    },
    Noun {
        name: "audit",
        about: "Audit: who changed what and when",
        examples: "Example:\n  switchboard audit list --user ann --limit 20",
    },
    Noun {
        name: "event",
        about: "Events after a position, a page at a time (see also: feed)",
        examples: "Example:\n  switchboard event after --position 100 --json",
    },
];
