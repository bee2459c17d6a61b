//! Decisions on API tokens.

use crate::command::{Decision, Effect, NewToken};
use crate::event::{TokenIssued, TokenRevoked, TokenUsed};
use crate::id::{TokenId, UserId};
use crate::reason::Reason;
use crate::record::Answer;
use crate::rejection::Rejection;
use crate::rules::{TOKEN_NAME, TOKEN_USE_INTERVAL, TOKENS_MAX};
use crate::seal::Private;
use crate::time::Timestamp;
use crate::workspace::Workspace;
use crate::workspace::users::{check_name, user_event};

impl Workspace {
    pub(super) fn decide_token(&self, new: &NewToken) -> Result<Decision, Rejection> {
        let user = self.user(&new.user)?;
        if user.disabled {
            let user = new.user.to_string();
            return Err(Reason::UserDisabled { user }.into());
        }
        if user.tokens.len() >= TOKENS_MAX {
            return Err(Reason::TokensFull { limit: TOKENS_MAX }.into());
        }
        let name = new.name.as_deref().unwrap_or(TOKEN_NAME);
        check_name("/name", name)?;
        let event = TokenIssued {
            hash: Private::Clear(new.hash.clone()),
            token: Some(new.id),
            name: Some(name.to_owned()),
        };
        Ok(Decision::new([user_event(&new.user, event)], Answer::Token))
    }

    /// Revokes one token of a user, or all. The user's clients sign in again, and those with a revoked
    /// token are rejected then.
    pub(super) fn decide_revoke_tokens(
        &self,
        user: &UserId,
        token: Option<TokenId>,
    ) -> Result<Decision, Rejection> {
        let tokens = self.user(user)?.tokens.iter();
        let revoked = tokens.filter(|t| token.is_none_or(|token| t.id == token));
        let event = |id, name| user_event(user, TokenRevoked { token: id, name });
        let events: Vec<_> = revoked.map(|t| event(t.id, t.name.clone())).collect();
        match token {
            Some(token) if events.is_empty() => {
                let token = token.to_string();
                Err(Reason::NoSuchToken { token }.into())
            }
            None if events.is_empty() => Ok(Decision::unchanged(Answer::User)),
            _ => Ok(Decision::new(events, Answer::User).then(Effect::RightsChanged(user.clone()))),
        }
    }

    /// Records a use unless one was recorded within [`TOKEN_USE_INTERVAL`]. A use recorded in the
    /// future, before the clock was set back, does not count.
    pub(super) fn decide_token_used(
        &self,
        user: &UserId,
        token: TokenId,
        now: Timestamp,
    ) -> Decision {
        let tokens = self.users.get(user).map(|user| user.tokens.iter());
        let used = tokens.into_iter().flatten().find(|t| t.id == token);
        let is_recent = |at: Timestamp| at <= now && now.since(at) < TOKEN_USE_INTERVAL;
        if used.is_none_or(|token| token.used_at.is_some_and(is_recent)) {
            return Decision::nothing();
        }
        Decision::new([user_event(user, TokenUsed { token })], Answer::Done)
    }
}
