use proptest::prelude::*;

use super::*;

fn subjects() -> Subjects {
    "default".parse().unwrap()
}

fn user(login: &str) -> UserId {
    login.parse().unwrap()
}

#[test]
fn a_request_subject_has_the_login_and_the_method() {
    let workspace = subjects();
    let subject = workspace.api(&user("ann"), "sessions.take");
    assert_eq!(subject, "sb.default.api.ann.sessions.take");
    assert_eq!(
        workspace.parse_api(&subject),
        Some((user("ann"), "sessions.take"))
    );
    for other in [
        "sb.default.api.ann",
        "sb.default.api..me",
        "sb.default.api.Ann.me",
        "sb.other.api.ann.me",
        "sb.default.feed.ann.me",
        "sb.defaultx.api.ann.me",
        "default.api.ann.me",
        &workspace.api(&user("ann"), &"x".repeat(65)),
    ] {
        assert_eq!(workspace.parse_api(other), None, "{other}");
    }
}

#[test]
fn an_inbox_belongs_to_one_user() {
    let ann = user("ann");
    assert!(is_inbox_of(&ann, "_INBOX.ann.x") && is_inbox_of(&ann, "_INBOX.ann.x.y"));
    for other in [
        "_INBOX.ann",
        "_INBOX.ann.",
        "_INBOX.anna.x",
        "_INBOX.bob.x",
        "_INBOX.ann.*",
        "_INBOX.ann.>",
        "_INBOX.ann.x.>",
        "sb.default.feed.x",
        "",
        "_INBOX.ROLES.x",
    ] {
        assert!(!is_inbox_of(&ann, other), "{other}");
    }
    assert!(
        ROLES_INBOX_PREFIX
            .strip_prefix("_INBOX.")
            .unwrap()
            .parse::<UserId>()
            .is_err()
    );
}

#[test]
fn the_subject_of_a_rights_change_has_the_login() {
    let workspace = subjects();
    assert_eq!(
        workspace.rights_user(&workspace.rights(&user("ann"))),
        Some(user("ann"))
    );
    assert_eq!(workspace.rights_user("sb.default.role.rights.A"), None);
    for question in Question::ALL {
        assert_eq!(Question::of(&workspace.router(question)), Some(question));
    }
}

proptest! {
    #[test]
    fn every_login_and_method_is_parsed_from_its_subject(login in "[a-z0-9_-]{1,32}", method in "[a-z]{1,20}(\\.[a-z]{1,20}){0,2}") {
        let (workspace, login) = (subjects(), user(&login));
        let subject = workspace.api(&login, &method);
        prop_assert_eq!(workspace.parse_api(&subject), Some((login, method.as_str())));
    }

    /// An id is one token: a dot, blank or wildcard in it would make another subject.
    #[test]
    fn an_id_is_one_token_of_a_subject(text in "\\PC{0,40}|[a-z.*> \r\n-]{0,40}") {
        let one_token = |id: &str| !id.is_empty() && !id.contains(['.', '*', '>', ' ', '\t', '\r', '\n']);
        if let Ok(login) = text.parse::<UserId>() {
            prop_assert!(one_token(login.as_str()));
            prop_assert_eq!(subjects().api_of(&login).matches('.').count(), 4);
        }
        if let Ok(name) = text.parse::<Subjects>() {
            prop_assert!(one_token(name.as_str()));
        }
        if let Ok(id) = text.parse::<LiveChatId>() {
            prop_assert!(one_token(&id.to_string()));
        }
    }

    #[test]
    fn an_id_has_one_spelling(bytes: [u8; 16]) {
        let id = SessionId::from_bytes(bytes);
        let text = id.to_string();
        prop_assert_eq!(text.parse::<SessionId>(), Ok(id));
        let (plain, braced, upper) = (text.replace('-', ""), format!("{{{text}}}"), format!("urn:uuid:{text}"));
        for other in [plain, braced, upper] {
            prop_assert!(other.parse::<SessionId>().is_err(), "{other}");
        }
    }
}
