//! Who may call which method, for every row of the table.

use chat::api::{METHODS, Method, Parameter, Presence, Rights};
use chat::chance::Chance;
use chat::command::{Command, Request};
use chat::id::TokenId;
use chat::rejection::{Code, Rejection};
use chat::rules::Rules;
use chat::secret::Secret;
use chat::workspace::Context;
use serde_json::{Value, json};

use super::shell::{Shell, text};
use crate::api::{self, Call};

/// Callers: no member of the live chat, a reader, a colleague, the session's operator, and those who
/// see everything.
const CALLERS: [&str; 6] = [
    "stranger",
    "reader",
    "colleague",
    "operator",
    "super",
    "root",
];

fn granted(rights: Rights) -> &'static [&'static str] {
    match rights {
        Rights::Everyone => &CALLERS,
        Rights::Members => &["reader", "colleague", "operator", "super", "root"],
        Rights::Staff => &["colleague", "operator", "super", "root"],
        Rights::Operator => &["operator", "super", "root"],
        Rights::Supervisors => &["super", "root"],
        Rights::Administrators => &["root"],
    }
}

#[test]
fn rights_are_those_of_the_table() {
    let mut shell = Shell::new();
    for (login, group) in [
        ("stranger", "operators"),
        ("reader", "readers"),
        ("colleague", "operators"),
        ("operator", "operators"),
        ("super", "supervisors"),
    ] {
        shell.user(login, group);
    }
    let live_chat = shell.live_chat("Desk", &["reader", "colleague", "operator"]);
    let channel = shell.channel(&live_chat, "https://chat.example/hook");
    let accepted = shell.writes(channel, "chat", "ada", "hello");
    let session = json!({ "session": accepted.session_id });
    let taken = shell.ok("operator", "sessions.take", &session);
    let canned = json!({ "liveChat": live_chat, "shortcut": "hi", "text": "Hello!" });
    let canned = shell.ok("root", "replies.create", &canned);
    let ids = json!({
        "liveChat": live_chat, "channel": channel, "session": accepted.session_id,
        "contact": text(&taken["session"]["contact"]), "message": accepted.message_id,
        "upTo": accepted.message_id, "reply": text(&canned["reply"]["id"]), "replyTo": null,
        "login": "reader", "name": "New", "users": [], "webhook": "https://chat.example/new",
        "code": "secret code", "password": "12345678", "shortcut": "new", "text": "text",
        "to": "colleague", "position": 0, "since": "1d", "token": accepted.message_id,
    });
    for method in METHODS {
        let body = request(method, &ids);
        for caller in CALLERS {
            let is_refused = matches!(
                refusal(&mut shell, caller, method.name, &body),
                Some(Code::Forbidden | Code::NotAssigned)
            );
            let is_granted = granted(method.rights).contains(&caller);
            assert_eq!(is_refused, !is_granted, "{} by {caller}", method.name);
        }
    }
}

/// Required parameters and those that narrow a list down to the live chat.
fn request(method: &Method, ids: &Value) -> Value {
    let is_taken = |p: &&Parameter| match p.presence {
        Presence::Required | Presence::Alternative(1) => true,
        Presence::Alternative(_) => false,
        Presence::Optional => ["liveChat", "channel", "name", "text"].contains(&p.name),
    };
    let taken = method.parameters.iter().filter(is_taken);
    taken
        .map(|p| (p.name.to_owned(), ids[p.name].clone()))
        .collect()
}

/// Decides a request without carrying it out.
fn refusal(shell: &mut Shell, caller: &str, method: &str, body: &Value) -> Option<Code> {
    let user = caller.parse().unwrap();
    let now = shell.now;
    let mut decide = |command: Command| -> Result<(), Rejection> {
        let request = Request::user(caller.parse().unwrap(), command, [0; 16]);
        loop {
            let mut context = Context {
                now,
                chance: &mut Chance::from_seed([5; 32]),
                rules: &Rules::standard(),
            };
            let decided = shell.workspace().decide(&request, &mut context).map(drop);
            if !shell.load_missed() {
                return decided;
            }
        }
    };
    let call = api::parse(&user, method, body.to_string().as_bytes(), now);
    let outcome = match call.unwrap_or_else(|e| panic!("{method} {body}: {e}")) {
        Call::Command(command, _) => decide(command),
        Call::NeedsHash(needs) => match needs.finish(Secret::new("$argon2id$")) {
            Call::Command(command, _) => decide(command),
            other => panic!("{other:?}"),
        },
        Call::Token(issue, _) => {
            let id = TokenId::new(now, &mut Chance::from_seed([5; 32]));
            decide(issue.command(id, Secret::new("hash of a token")))
        }
        Call::Query(query) => shell.query(&user, &query).map(drop),
        Call::LogQuery(query) => shell.log_query(&user, &query).map(drop),
        Call::Signal(signal) => {
            let visible = |shell: &Shell| {
                let caller = shell.workspace().caller(&user).unwrap();
                let session = shell.workspace().visible_session(&caller, signal.session);
                session.map(drop)
            };
            let first = visible(shell);
            if shell.load_missed() {
                visible(shell)
            } else {
                first
            }
        }
    };
    outcome.err().map(|rejection| rejection.code)
}
