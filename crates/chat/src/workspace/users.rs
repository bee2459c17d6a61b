//! Deciding about users. Only administrators change them.

use crate::command::{Decision, Effect, NewEvent, NewUser, UserCommand};
use crate::content::NAME_CHARS_MAX;
use crate::event::{TokenIssued, UserCreated, UserDisabled, UserUpdated};
use crate::id::UserId;
use crate::model::Group;
use crate::reason::Reason;
use crate::record::{Answer, Stream};
use crate::rejection::Rejection;
use crate::rules::LIST_MAX;
use crate::seal::Private;
use crate::workspace::{Caller, Workspace};

/// The most API tokens that one user holds; the oldest gives way.
pub(super) const TOKENS_MAX: usize = 16;

impl Workspace {
    pub(super) fn decide_user(
        &self,
        caller: &Caller<'_>,
        command: &UserCommand,
    ) -> Result<Decision, Rejection> {
        caller.require_administrator()?;
        match command {
            UserCommand::Create(user) => {
                check_name("/name", &user.name)?;
                self.check_new(&user.login)?;
                Ok(Decision::of(vec![created(user)], Answer::User))
            }
            UserCommand::Update {
                user,
                name,
                groups,
                password_hash,
            } => {
                let now = self.user(user)?;
                if let Some(name) = name {
                    check_name("/name", name)?;
                }
                if let Some(groups) = groups
                    && now.is(Group::Administrators)
                    && !groups.contains(&Group::Administrators)
                {
                    self.check_last_administrator(user)?;
                }
                let event = UserUpdated {
                    name: name.clone(),
                    groups: groups.clone(),
                    password_hash: password_hash.clone().map(Private::Clear),
                };
                Ok(changed(user, event.into()))
            }
            UserCommand::Disable { user, disabled } => {
                if self.user(user)?.disabled == *disabled {
                    return Ok(Decision::repeated(Answer::User));
                }
                if *disabled {
                    self.check_last_administrator(user)?;
                }
                Ok(changed(
                    user,
                    UserDisabled {
                        disabled: *disabled,
                    }
                    .into(),
                ))
            }
            UserCommand::Token { user, hash } => {
                self.user(user)?;
                let event = TokenIssued {
                    hash: Private::Clear(hash.clone()),
                };
                Ok(Decision::of(vec![of(user, event.into())], Answer::Token))
            }
        }
    }

    /// The administrator that `switchboard init` made, unless somebody is there already.
    pub(super) fn decide_first_administrator(&self, user: &NewUser) -> Decision {
        if self.users.is_empty() {
            Decision::of(vec![created(user)], Answer::User)
        } else {
            Decision::nothing()
        }
    }

    fn check_new(&self, login: &UserId) -> Result<(), Rejection> {
        if self.users.get(login).is_some() {
            let user = login.to_string();
            return Err(Reason::LoginTaken { user }.into());
        }
        if self.users.len() >= LIST_MAX {
            return Err(Reason::UsersFull { limit: LIST_MAX }.into());
        }
        Ok(())
    }

    /// Nobody may lock everybody out.
    fn check_last_administrator(&self, leaving: &UserId) -> Result<(), Rejection> {
        let another = self
            .users
            .iter()
            .any(|(id, user)| id != leaving && !user.disabled && user.is(Group::Administrators));
        if another || !self.user(leaving)?.is(Group::Administrators) {
            return Ok(());
        }
        let user = leaving.to_string();
        Err(Reason::LastAdministrator { user }.into())
    }
}

/// A name for people: not empty, and bounded.
pub(super) fn check_name(pointer: &str, name: &str) -> Result<(), Rejection> {
    if !name.trim().is_empty() && name.chars().count() <= NAME_CHARS_MAX {
        return Ok(());
    }
    Err(wrong_length(pointer, 1, NAME_CHARS_MAX, "characters"))
}

/// A member is too short or too long.
pub(super) fn wrong_length(pointer: &str, min: usize, max: usize, unit: &str) -> Rejection {
    let (pointer, unit) = (pointer.to_owned(), unit.to_owned());
    Reason::WrongLength {
        pointer,
        min,
        max,
        unit,
    }
    .into()
}

fn created(user: &NewUser) -> NewEvent {
    let event = UserCreated {
        name: user.name.clone(),
        groups: user.groups.clone(),
        password_hash: Private::Clear(user.password_hash.clone()),
    };
    of(&user.login, event.into())
}

fn changed(user: &UserId, event: crate::event::Event) -> Decision {
    Decision::of(vec![of(user, event)], Answer::User).then(Effect::RightsChanged(user.clone()))
}

fn of(user: &UserId, event: crate::event::Event) -> NewEvent {
    NewEvent {
        stream: Stream::User(user.clone()),
        live_chat: None,
        event,
    }
}
