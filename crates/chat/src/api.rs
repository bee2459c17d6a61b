//! The console API as a table: every method with its parameters, rights and CLI command.
//!
//! The session router parses requests by this table, and the command line is derived from it. Tests
//! compare `docs/console-api` with it.

mod methods;

pub use methods::METHODS;

/// One method of the console API.
#[derive(Debug)]
pub struct Method {
    /// The name, which is the last part of the request's subject.
    pub name: &'static str,
    /// Who may call it.
    pub rights: Rights,
    /// What a call does besides answering.
    pub effect: Effect,
    /// The command of `switchboard` that calls it: a noun, and a verb if the noun alone is not enough.
    pub cli: &'static str,
    /// The members of the request, without `commandId`.
    pub parameters: &'static [Parameter],
}

/// Who may call a method. Each of these includes supervisors and administrators, except the last two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rights {
    /// Every user. The answer has only what the caller may see. A change concerns only the caller, or
    /// any user if the caller is an administrator.
    Everyone,
    /// Members of the live chat.
    Members,
    /// Members of the live chat who are not in the group `readers`.
    Staff,
    /// The operator whom the session is assigned to.
    Operator,
    /// Supervisors and administrators.
    Supervisors,
    /// Administrators.
    Administrators,
}

/// What a call does besides answering.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Nothing.
    Read,
    /// Appends events to the log, or may. Such a method takes a `commandId`.
    Change,
    /// Publishes a signal that is not stored.
    Signal,
}

/// One member of a request.
#[derive(Debug)]
pub struct Parameter {
    /// The member's name.
    pub name: &'static str,
    /// A second name that is accepted too.
    pub alias: Option<&'static str>,
    /// The type, with its limits.
    pub kind: Kind,
    /// Whether it must be present.
    pub presence: Presence,
}

/// Whether a parameter must be present.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// It must be present.
    Required,
    /// It may be left out.
    Optional,
    /// All parameters of exactly one alternative of the method must be present.
    Alternative(u8),
}

/// The type of a parameter, with its limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A UUID. The parameter's name says of what.
    Id,
    /// A user's id: 1 to 32 of `a-z`, `0-9`, `_` and `-`.
    Login,
    /// An array of logins with at most this many elements.
    Logins {
        /// The most elements.
        max: usize,
    },
    /// A string with a length in characters.
    Text {
        /// The fewest characters.
        min: usize,
        /// The most characters.
        max: usize,
    },
    /// The messenger's id of something, with 1 to this many bytes.
    ExternalId {
        /// The most bytes.
        max: usize,
    },
    /// An `http` or `https` URL with at most this many bytes.
    Url {
        /// The most bytes.
        max: usize,
    },
    /// A confirmation code with at most this many bytes.
    Code {
        /// The most bytes.
        max: usize,
    },
    /// A password with a length in characters.
    Password {
        /// The fewest characters.
        min: usize,
        /// The most characters.
        max: usize,
    },
    /// One of these strings.
    Choice(&'static [&'static str]),
    /// An array of these strings.
    Choices(&'static [&'static str]),
    /// `true` or `false`.
    Flag,
    /// A position in the log: a whole number, or the same as a string.
    Position,
    /// The `next` of the previous page, as a string.
    Cursor,
    /// The number of entries on a page: at least 1, and cut to `max`.
    Limit {
        /// The value when the parameter is absent.
        default: usize,
        /// The most entries.
        max: usize,
    },
    /// Seconds as a number or a string, or a string such as `90s`, `15m`, `24h`, `7d` or `1h30m`
    /// (see [`parse_duration`](crate::time::parse_duration)).
    Duration {
        /// The value in seconds when the parameter is absent.
        default: u64,
        /// The longest, in seconds.
        max: u64,
    },
    /// An RFC 3339 time, or how long ago as in [`Kind::Duration`].
    Time,
    /// The name of a stream of the audit trail: `user-`, `livechat-`, `channel-` or `contact-` and an id.
    Stream,
    /// An array of `{name, URL, size?}` with at most this many elements.
    Files {
        /// The most elements.
        max: usize,
    },
}

impl Method {
    /// The parameter with this name or alias.
    pub fn parameter(&self, name: &str) -> Option<&'static Parameter> {
        let mut parameters = self.parameters.iter();
        parameters.find(|p| p.name == name || p.alias == Some(name))
    }

    /// Whether a call takes a `commandId`.
    pub const fn changes(&self) -> bool {
        matches!(self.effect, Effect::Change)
    }
}

/// The method with this name.
pub fn method(name: &str) -> Option<&'static Method> {
    METHODS.iter().find(|method| method.name == name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn methods_commands_and_parameters_have_distinct_names() {
        let names: BTreeSet<_> = METHODS.iter().map(|m| m.name).collect();
        assert_eq!(names.len(), METHODS.len());
        let commands: BTreeSet<_> = METHODS.iter().map(|m| m.cli).collect();
        assert_eq!(commands.len(), METHODS.len());
        for method in METHODS {
            let names = method.parameters.iter();
            let names: Vec<_> = names
                .flat_map(|p| [Some(p.name), p.alias])
                .flatten()
                .collect();
            let distinct: BTreeSet<_> = names.iter().collect();
            assert_eq!(distinct.len(), names.len(), "{}", method.name);
            assert!(!distinct.contains(&"commandId"), "{}", method.name);
        }
    }

    #[test]
    fn alternatives_come_in_twos() {
        for method in METHODS {
            let presences = method.parameters.iter().map(|p| p.presence);
            let numbers: BTreeSet<_> = presences
                .filter_map(|presence| match presence {
                    Presence::Alternative(number) => Some(number),
                    Presence::Required | Presence::Optional => None,
                })
                .collect();
            assert!(
                numbers.is_empty() || numbers == BTreeSet::from([1, 2]),
                "{}: {numbers:?}",
                method.name
            );
        }
    }
}
