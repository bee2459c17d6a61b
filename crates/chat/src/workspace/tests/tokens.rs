//! API tokens.

use super::fixture::{Fixture, disable, user};
use crate::command::{Effect, NewToken, Reply, SystemCommand, UserCommand};
use crate::event::{Event, TokenIssued};
use crate::id::TokenId;
use crate::record::{Answer, Stream};
use crate::rejection::Code;
use crate::rules::{TOKEN_USE_INTERVAL, TOKENS_MAX};
use crate::seal::Private;
use crate::secret::Secret;
use crate::state::Token;

impl Fixture {
    /// Issues a token for a user.
    pub(super) fn issues(&mut self, name: &str, token: Option<&str>) -> TokenId {
        let command = self.new_token(name, token);
        let reply = self.does("root", UserCommand::Token(command.clone()));
        assert_eq!(reply, Reply::Answer(Answer::Token));
        command.id
    }

    fn new_token(&mut self, name: &str, token: Option<&str>) -> NewToken {
        let id = TokenId::new(self.now, &mut self.chance);
        NewToken {
            user: user(name),
            id,
            name: token.map(str::to_owned),
            hash: Secret::new(id.to_string()),
        }
    }

    /// A token of an older version, which wrote neither id nor name.
    fn issued(&mut self, name: &str) -> TokenId {
        let event = TokenIssued {
            hash: Private::Sealed([7].into()),
            token: None,
            name: None,
        };
        self.wrote(Stream::User(user(name)), event);
        self.tokens(name).last().unwrap().id
    }

    fn tokens(&self, name: &str) -> &[Token] {
        &self.workspace.user(&user(name)).unwrap().tokens
    }

    fn ids(&self, name: &str) -> Vec<TokenId> {
        self.tokens(name).iter().map(|token| token.id).collect()
    }

    fn uses(&mut self, name: &str, token: TokenId) {
        self.system(SystemCommand::TokenUsed(user(name), token));
    }
}

fn revoke(name: &str, token: Option<TokenId>) -> UserCommand {
    let user = user(name);
    UserCommand::RevokeTokens { user, token }
}

#[test]
fn disabling_a_user_revokes_the_tokens_for_good() {
    let mut fixture = Fixture::open();
    fixture.issues("ann", None);
    fixture.issued("ann");
    let bobs = fixture.issues("bob", None);
    fixture.does("root", disable("ann", true));
    fixture.does("root", disable("ann", false));
    assert_eq!(fixture.ids("ann"), []);
    assert_eq!(fixture.ids("bob"), [bobs]);
    let new = fixture.issues("ann", None);
    assert_eq!(fixture.ids("ann"), [new]);
}

#[test]
fn one_token_is_revoked_or_all() {
    let mut fixture = Fixture::open();
    let [one, two, three] = ["one", "two", "three"].map(|name| fixture.issues("ann", Some(name)));
    let reply = fixture.does("root", revoke("ann", Some(two)));
    assert_eq!(reply, Reply::Answer(Answer::User));
    assert_eq!(fixture.ids("ann"), [one, three]);
    assert_eq!(fixture.effects, [Effect::RightsChanged(user("ann"))]);
    let [Event::TokenRevoked(revoked)] = [&fixture.records[0].event] else {
        panic!("{:?}", fixture.records)
    };
    assert_eq!((revoked.token, revoked.name.as_str()), (two, "two"));
    fixture.rejects("root", revoke("ann", Some(two)), Code::NotFound);
    fixture.rejects("root", revoke("bob", Some(one)), Code::NotFound);
    fixture.does("root", revoke("ann", None));
    assert_eq!(fixture.kinds(), ["token-revoked", "token-revoked"]);
    assert_eq!(fixture.ids("ann"), []);
    fixture.does("root", revoke("ann", None));
    fixture.assert_no_event();
    assert_eq!(fixture.effects, []);
}

#[test]
fn users_revoke_their_own_tokens_and_administrators_those_of_others() {
    let mut fixture = Fixture::open();
    let anns = fixture.issues("ann", None);
    for name in ["bob", "sue", "rea"] {
        for token in [Some(anns), None] {
            fixture.rejects(name, revoke("ann", token), Code::Forbidden);
        }
    }
    let issue = UserCommand::Token(fixture.new_token("ann", None));
    fixture.rejects("ann", issue, Code::Forbidden);
    fixture.does("ann", revoke("ann", Some(anns)));
    assert_eq!(fixture.ids("ann"), []);
}

#[test]
fn a_user_has_a_limited_number_of_tokens() {
    let mut fixture = Fixture::open();
    let all: Vec<_> = (0..TOKENS_MAX)
        .map(|_| fixture.issues("ann", None))
        .collect();
    let further = UserCommand::Token(fixture.new_token("ann", None));
    fixture.rejects("root", further.clone(), Code::TooLarge);
    assert_eq!(fixture.ids("ann"), all);
    fixture.does("root", revoke("ann", Some(all[0])));
    fixture.does("root", further);
    // Older versions evicted the oldest token instead, and it stays evicted.
    let second = all[1];
    assert!(fixture.ids("ann").contains(&second));
    fixture.issued("ann");
    assert_eq!(fixture.ids("ann").len(), TOKENS_MAX);
    assert!(!fixture.ids("ann").contains(&second));
}

#[test]
fn a_token_has_a_name_and_an_enabled_user() {
    let mut fixture = Fixture::open();
    fixture.issues("ann", Some("CI"));
    fixture.issues("ann", None);
    let names: Vec<_> = (fixture.tokens("ann").iter())
        .map(|t| t.name.as_str())
        .collect();
    assert_eq!(names, ["CI", "API token"]);
    for name in [" ".to_owned(), "x".repeat(256)] {
        let token = UserCommand::Token(fixture.new_token("ann", Some(&name)));
        fixture.rejects("root", token, Code::Invalid);
    }
    fixture.does("root", disable("ann", true));
    let token = UserCommand::Token(fixture.new_token("ann", None));
    fixture.rejects("root", token, Code::Conflict);
}

#[test]
fn the_last_use_is_recorded_at_most_once_a_day() {
    let mut fixture = Fixture::open();
    let token = fixture.issues("ann", None);
    let other = fixture.issues("ann", None);
    let audited = fixture.workspace.audit.iter().count();
    fixture.uses("ann", token);
    assert_eq!(fixture.kinds(), ["token-used"]);
    let first = fixture.now;
    fixture.wait(TOKEN_USE_INTERVAL / 2);
    fixture.uses("ann", token);
    fixture.assert_no_event();
    fixture.wait(TOKEN_USE_INTERVAL / 2);
    fixture.uses("ann", token);
    assert_eq!(fixture.kinds(), ["token-used"]);
    let used: Vec<_> = fixture.tokens("ann").iter().map(|t| t.used_at).collect();
    assert_eq!(used, [Some(fixture.now), None]);
    // The clock was set back.
    fixture.now = first;
    fixture.uses("ann", token);
    assert_eq!(fixture.tokens("ann")[0].used_at, Some(first));
    assert_eq!(fixture.workspace.audit.iter().count(), audited);
    for (name, token) in [("bob", other), ("nobody", other)] {
        fixture.uses(name, token);
        fixture.assert_no_event();
    }
}

#[test]
fn a_token_of_an_older_version_has_an_id_and_a_name() {
    let mut fixture = Fixture::open();
    let [one, two] = [fixture.issued("ann"), fixture.issued("ann")];
    assert_ne!(one, two);
    assert_eq!(fixture.tokens("ann")[0].name, "API token");
    fixture.uses("ann", two);
    assert!(fixture.tokens("ann")[1].used_at.is_some());
    fixture.does("root", revoke("ann", Some(one)));
    assert_eq!(fixture.ids("ann"), [two]);
}
