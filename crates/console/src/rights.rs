//! A user's rights on the bus as subjects (console-api section 1).

use chat::id::UserId;
use chat::rpc::Login;
use chat::subject::{self, Subjects};

/// The rights of one user. NATS reads an empty list as "everything", so neither list may be empty:
/// every user has an own API subject and an own inbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rights {
    /// The user.
    pub(crate) user: UserId,
    /// The subjects that the user may publish to.
    pub(crate) publish: Vec<String>,
    /// The subjects that the user may subscribe to.
    pub(crate) subscribe: Vec<String>,
}

impl Rights {
    /// Returns the rights of a login.
    pub(crate) fn of(workspace: &Subjects, login: &Login) -> Self {
        let mut subscribe = vec![subject::inbox_of(&login.user)];
        match &login.feeds {
            None => subscribe.push(workspace.all_feeds()),
            Some(live_chats) => {
                subscribe.extend(live_chats.iter().map(|chat| workspace.feed_of(*chat)));
            }
        }
        if login.audit {
            subscribe.push(workspace.all_audit());
        }
        Self {
            user: login.user.clone(),
            publish: vec![workspace.api_of(&login.user)],
            subscribe,
        }
    }
}

#[cfg(test)]
mod tests {
    use chat::id::LiveChatId;
    use chat::secret::Secret;

    use super::*;

    fn rights(feeds: Option<Vec<LiveChatId>>, audit: bool) -> Rights {
        let login = Login {
            user: "anna".parse().unwrap(),
            password_hash: Secret::new(""),
            feeds,
            audit,
            as_of: 0,
        };
        Rights::of(&"acme".parse().unwrap(), &login)
    }

    #[test]
    fn every_user_publishes_under_their_name_and_subscribes_to_their_inbox() {
        let rights = rights(Some(vec![]), false);
        assert_eq!(rights.publish, ["sb.acme.api.anna.>"]);
        assert_eq!(rights.subscribe, ["_INBOX.anna.>"]);
    }

    #[test]
    fn a_member_subscribes_to_the_feeds_of_their_live_chats() {
        let chats = [
            LiveChatId::from_bytes([1; 16]),
            LiveChatId::from_bytes([2; 16]),
        ];
        let rights = rights(Some(chats.to_vec()), false);
        let feeds = chats.map(|chat| format!("sb.acme.feed.{chat}.>"));
        assert_eq!(rights.publish, ["sb.acme.api.anna.>"]);
        assert_eq!(rights.subscribe, ["_INBOX.anna.>", &feeds[0], &feeds[1]]);
    }

    #[test]
    fn supervisors_subscribe_to_all_feeds_and_administrators_to_the_audit_too() {
        let supervisor = rights(None, false);
        assert_eq!(supervisor.subscribe, ["_INBOX.anna.>", "sb.acme.feed.>"]);
        let administrator = rights(None, true);
        let all = ["_INBOX.anna.>", "sb.acme.feed.>", "sb.acme.audit.>"];
        assert_eq!(administrator.subscribe, all);
        assert_eq!(administrator.publish, ["sb.acme.api.anna.>"]);
    }
}
