//! What a user may do on the bus: console-api section 1, in subjects.

use chat::id::UserId;
use chat::rpc::Login;
use chat::subject::{self, Subjects};

/// The rights of one user. NATS takes an empty list for "everything", so neither list can be empty:
/// everybody has an own place to ask and an own inbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rights {
    /// Whose.
    pub(crate) user: UserId,
    /// What the user may publish to.
    pub(crate) publish: Vec<String>,
    /// What the user may subscribe to.
    pub(crate) subscribe: Vec<String>,
}

impl Rights {
    /// The rights that go with what the session-router says of a user.
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
    fn everybody_asks_under_their_name_and_hears_their_inbox() {
        let rights = rights(Some(vec![]), false);
        assert_eq!(rights.publish, ["sb.acme.api.anna.>"]);
        assert_eq!(rights.subscribe, ["_INBOX.anna.>"]);
    }

    #[test]
    fn a_member_hears_the_feeds_of_their_live_chats() {
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
    fn supervisors_hear_all_feeds_and_administrators_the_audit_too() {
        let supervisor = rights(None, false);
        assert_eq!(supervisor.subscribe, ["_INBOX.anna.>", "sb.acme.feed.>"]);
        let administrator = rights(None, true);
        let all = ["_INBOX.anna.>", "sb.acme.feed.>", "sb.acme.audit.>"];
        assert_eq!(administrator.subscribe, all);
        assert_eq!(administrator.publish, ["sb.acme.api.anna.>"]);
    }
}
