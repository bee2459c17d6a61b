//! Decisions on users. Only administrators change them, but users may revoke their own API tokens.

use crate::command::{Decision, Effect, NewEvent, NewUser, UserCommand};
use crate::content::NAME_CHARS_MAX;
use crate::event::{Event, UserCreated, UserDisabled, UserUpdated};
use crate::id::UserId;
use crate::model::Group;
use crate::reason::Reason;
use crate::record::{Answer, Stream};
use crate::rejection::Rejection;
use crate::rules::LIST_MAX;
use crate::seal::Private;
use crate::secret::Secret;
use crate::workspace::{Caller, Workspace};

impl Workspace {
    pub(super) fn decide_user(
        &self,
        caller: &Caller<'_>,
        command: &UserCommand,
    ) -> Result<Decision, Rejection> {
        if let UserCommand::RevokeTokens { user, .. } = command {
            caller.require_self_or_administrator(user)?;
        } else {
            caller.require_administrator()?;
        }
        match command {
            UserCommand::Create(user) => {
                check_name("/name", &user.name)?;
                self.check_new(&user.login)?;
                Ok(Decision::new([created(user)], Answer::User))
            }
            UserCommand::Update {
                user,
                name,
                groups,
                password_hash,
            } => {
                let event = UserUpdated {
                    name: name.clone(),
                    groups: groups.clone(),
                    password_hash: password_hash.clone().map(Private::Clear),
                };
                self.decide_update_user(user, event)
            }
            UserCommand::Disable { user, disabled } => {
                if self.user(user)?.disabled == *disabled {
                    return Ok(Decision::unchanged(Answer::User));
                }
                if *disabled {
                    self.check_last_administrator(user)?;
                }
                let disabled = *disabled;
                let decision = changed(user, UserDisabled { disabled });
                Ok(self.returning(decision, (user, disabled), |_| !disabled))
            }
            UserCommand::Token(token) => self.decide_token(token),
            UserCommand::RevokeTokens { user, token } => self.decide_revoke_tokens(user, *token),
        }
    }

    fn decide_update_user(&self, id: &UserId, event: UserUpdated) -> Result<Decision, Rejection> {
        let user = self.user(id)?;
        if let Some(name) = &event.name {
            check_name("/name", name)?;
        }
        if let Some(groups) = &event.groups
            && user.is(Group::Administrators)
            && !groups.contains(&Group::Administrators)
        {
            self.check_last_administrator(id)?;
        }
        let mut after = user.clone();
        if let Some(groups) = &event.groups {
            after.groups = groups.iter().copied().collect();
        }
        let stays = |live_chat| self.is_staffed_by((id, &after), live_chat);
        Ok(self.returning(changed(id, event), (id, after.disabled), stays))
    }

    pub(super) fn decide_reset_password(
        &self,
        user: &UserId,
        hash: &Secret,
    ) -> Result<Decision, Rejection> {
        let event = UserUpdated {
            name: None,
            groups: None,
            password_hash: Some(Private::Clear(hash.clone())),
        };
        self.decide_update_user(user, event)
    }

    /// Creates the administrator of `switchboard init` if there are no users.
    pub(super) fn decide_first_administrator(&self, user: &NewUser) -> Decision {
        if self.users.is_empty() {
            Decision::new([created(user)], Answer::User)
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

    /// Checks that an enabled administrator remains after this user.
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

/// Checks that a display name is not blank and not too long.
pub(super) fn check_name(pointer: &str, name: &str) -> Result<(), Rejection> {
    if !name.trim().is_empty() && name.chars().count() <= NAME_CHARS_MAX {
        return Ok(());
    }
    Err(wrong_length(pointer, 1, NAME_CHARS_MAX, "characters"))
}

/// The rejection for a member whose length is out of bounds.
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
    user_event(&user.login, event)
}

fn changed(user: &UserId, event: impl Into<Event>) -> Decision {
    Decision::new([user_event(user, event)], Answer::User).then(Effect::RightsChanged(user.clone()))
}

pub(super) fn user_event(user: &UserId, event: impl Into<Event>) -> NewEvent {
    NewEvent::new(Stream::User(user.clone()), None, event)
}
