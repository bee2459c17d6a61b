//! The commands of the console API: the methods of [`chat::api::METHODS`] with flags and help.

pub(super) mod methods;

/// A noun of the command line.
pub(super) struct Noun {
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    pub(super) examples: &'static str,
}

/// A method and its command.
pub(super) struct Method {
    pub(super) noun: &'static str,
    /// Empty if the noun alone is the command.
    pub(super) verb: &'static str,
    /// The name of the method.
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    /// Whether it takes a `commandId`.
    pub(super) changes: bool,
    pub(super) args: &'static [Arg],
}

/// A flag and the member that it fills.
pub(super) struct Arg {
    pub(super) flag: &'static str,
    pub(super) member: &'static str,
    pub(super) kind: Kind,
    pub(super) required: bool,
    pub(super) help: &'static str,
}

/// A thing that can be given by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Named {
    /// A live chat.
    LiveChat,
    /// A channel.
    Channel,
}

impl Named {
    pub(super) const fn method(self) -> &'static str {
        match self {
            Self::LiveChat => "live-chats.list",
            Self::Channel => "channels.list",
        }
    }

    pub(super) const fn plural(self) -> &'static str {
        match self {
            Self::LiveChat => "liveChats",
            Self::Channel => "channels",
        }
    }

    pub(super) const fn noun(self) -> &'static str {
        match self {
            Self::LiveChat => "live chat",
            Self::Channel => "channel",
        }
    }
}

/// The type of a flag.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    /// A text.
    Text,
    /// A text, or `-` to read it from stdin.
    TextOrStdin,
    /// An id or a name.
    Name(Named),
    /// A secret, or a file with it: `--<flag>-file`.
    Secret,
    /// One of these.
    Choice(&'static [&'static str]),
    /// A number.
    Number,
    /// True if present.
    Flag,
    /// `true` or `false`.
    Bool,
    /// Several values, separated by commas or repeated.
    List,
    /// Files of a message, each as `NAME=URL` or as a URL.
    Files,
}

const fn must(flag: &'static str, member: &'static str, kind: Kind, help: &'static str) -> Arg {
    Arg {
        flag,
        member,
        kind,
        required: true,
        help,
    }
}

const fn may(flag: &'static str, member: &'static str, kind: Kind, help: &'static str) -> Arg {
    Arg {
        flag,
        member,
        kind,
        required: false,
        help,
    }
}

const fn reads(
    noun: &'static str,
    verb: &'static str,
    name: &'static str,
    about: &'static str,
    args: &'static [Arg],
) -> Method {
    Method {
        noun,
        verb,
        name,
        about,
        changes: false,
        args,
    }
}

const fn changes(
    noun: &'static str,
    verb: &'static str,
    name: &'static str,
    about: &'static str,
    args: &'static [Arg],
) -> Method {
    Method {
        noun,
        verb,
        name,
        about,
        changes: true,
        args,
    }
}

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
        examples: "Example:\n  switchboard user create --user ann --name Ann --groups operators \
                   --password-file ./password",
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
