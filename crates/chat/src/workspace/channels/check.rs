//! Checks of confirmation codes and webhooks.

use crate::content::URL_BYTES_MAX;
use crate::id::ChannelId;
use crate::reason::Reason;
use crate::rejection::Rejection;
use crate::rpc::Security;
use crate::rules::CODE_BYTES_MAX;
use crate::secret::Secret;
use crate::signature;
use crate::state::Channel;
use crate::verification::{account, is_same_account};
use crate::workspace::Workspace;

impl Workspace {
    /// Checks that no other channel has this webhook.
    pub(in crate::workspace) fn check_account(
        &self,
        webhook: &str,
        own: Option<ChannelId>,
    ) -> Result<(), Rejection> {
        let is_holder = |(id, c): &(&ChannelId, &Channel)| {
            Some(**id) != own && c.holds_account() && is_same_account(&c.webhook, webhook)
        };
        let holder = self.channels.iter().find(is_holder);
        let Some((id, holder)) = holder else {
            return Ok(());
        };
        let name = self
            .live_chats
            .get(&holder.live_chat)
            .map_or("", |l| l.name.as_str());
        let reason = Reason::AccountConnected {
            live_chat: name.to_owned(),
            channel: holder.name.clone(),
        };
        Err(Rejection::from(reason)
            .with("liveChat", holder.live_chat.to_string())
            .with("channel", id.to_string()))
    }
}

pub(in crate::workspace) fn default_security(code: &Secret) -> Security {
    if code.expose().starts_with(signature::WHSEC) {
        Security::Signed
    } else {
        Security::Token
    }
}

pub(in crate::workspace) fn check_code(code: &Secret, security: Security) -> Result<(), Rejection> {
    let text = code.expose();
    if text.is_empty() && security != Security::Open {
        return Err(Reason::CodeRequired.into());
    }
    if text.len() > CODE_BYTES_MAX || text.chars().any(char::is_control) {
        let limit = CODE_BYTES_MAX;
        return Err(Reason::CodeInvalid { limit }.into());
    }
    match signature::key(code) {
        Ok(key) if key.is_empty() && security != Security::Open => Err(Reason::CodeRequired.into()),
        Ok(_) => Ok(()),
        Err(_) => Err(Reason::CodeNotBase64.into()),
    }
}

/// Returns whether a code's key is empty, so that it proves nothing.
pub(in crate::workspace) fn is_empty(code: &Secret) -> bool {
    signature::key(code).is_ok_and(|key| key.is_empty())
}

pub(in crate::workspace) fn check_webhook(webhook: &str) -> Result<String, Rejection> {
    if webhook.len() > URL_BYTES_MAX {
        let detail = format!("must have at most {URL_BYTES_MAX} bytes");
        return Err(Reason::InvalidWebhook { detail }.into());
    }
    account(webhook).map_err(|detail| {
        let detail = detail.to_owned();
        Reason::InvalidWebhook { detail }.into()
    })
}
