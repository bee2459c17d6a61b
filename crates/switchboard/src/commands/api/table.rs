//! Every method of the console API (console-api section 2), its flags and what they are for.

mod methods;

use super::lookup::Named;
pub(super) use methods::METHODS;

/// A noun of the command line.
pub(super) struct Noun {
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    pub(super) examples: &'static str,
}

/// A method and the command that asks it.
pub(super) struct Method {
    pub(super) noun: &'static str,
    /// Empty where the noun is the command.
    pub(super) verb: &'static str,
    /// Its name in the subject.
    pub(super) subject: &'static str,
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

/// What a flag takes.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    /// A text.
    Text,
    /// A text, or `-` for all of stdin.
    Words,
    /// An id, or the name of such a thing.
    Name(Named),
    /// A secret, also as `--<flag>-file F`.
    Secret,
    /// One of these.
    Choice(&'static [&'static str]),
    /// A number.
    Number,
    /// True when it is there.
    Flag,
    /// `true` or `false`.
    Bool,
    /// Several, after commas or repeated.
    List,
    /// `NAME=URL` or a URL, repeated: files of a message.
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
    subject: &'static str,
    about: &'static str,
    args: &'static [Arg],
) -> Method {
    Method {
        noun,
        verb,
        subject,
        about,
        changes: false,
        args,
    }
}

const fn changes(
    noun: &'static str,
    verb: &'static str,
    subject: &'static str,
    about: &'static str,
    args: &'static [Arg],
) -> Method {
    Method {
        noun,
        verb,
        subject,
        about,
        changes: true,
        args,
    }
}

/// The nouns, in the order in which help lists them.
pub(super) const NOUNS: &[Noun] = &[
    Noun {
        name: "me",
        about: "Show who you are and what you may see",
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
        about: "Sessions: stretches of work on a chat",
        examples: "Examples:\n  switchboard session list --view queue\n  \
                   switchboard session take --session ID\n  \
                   switchboard session history --session ID",
    },
    Noun {
        name: "message",
        about: "Messages: write, note, mark as read, send again",
        examples: "Examples:\n  switchboard message send --session ID --text 'Good morning'\n  \
                   fortune | switchboard message send --session ID --text -",
    },
    Noun {
        name: "delivery",
        about: "Deliveries: every attempt at a messenger",
        examples: "Examples:\n  switchboard delivery list --state failed\n  \
                   switchboard delivery replay --channel Demo --since 2026-11-22T10:00:00Z",
    },
    Noun {
        name: "contact",
        about: "Contacts: people of messengers",
        examples: "Examples:\n  switchboard contact list --text ann\n  \
                   switchboard contact forget --contact ID",
    },
    Noun {
        name: "reply",
        about: "Replies: the canned ones of a live chat",
        examples: "Example:\n  switchboard reply create --live-chat Sales --shortcut hi --text 'Hello!'",
    },
    Noun {
        name: "audit",
        about: "Audit: who did what, when, to what",
        examples: "Example:\n  switchboard audit list --user ann --limit 20",
    },
    Noun {
        name: "event",
        about: "Events after a position, a page at a time (see also: feed)",
        examples: "Example:\n  switchboard event after --position 100 --json",
    },
];
