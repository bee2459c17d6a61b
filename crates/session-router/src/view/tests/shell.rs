//! A synchronous router for tests, with a real log and real keys.

use chat::chance::Chance;
use chat::command::{
    Command, Effect, NewUser, Origin, Reply, Request, SystemCommand, Verification,
};
use chat::id::{ChannelId, TokenId, UserId};
use chat::messenger::Inbound;
use chat::model::{Capabilities, Group, Verified};
use chat::rejection::Rejection;
use chat::rpc::Accepted;
use chat::rules::Rules;
use chat::seal::SealKey;
use chat::secret::Secret;
use chat::time::Timestamp;
use chat::verification::Proof;
use chat::workspace::Workspace;
use event_log::{EventLog, Frame, Options};
use projections::Store;
use serde_json::{Value, json};
use std::time::Duration;

use crate::api::{self, Call, LogQuery, Query};
use crate::batch::Release;
use crate::feed::FeedItem;
use crate::keyring::Unchecked;
use crate::presence::Presence;
use crate::router::Router;
use crate::rows::Rows;
use crate::sealed_log::SealedLog;
use crate::state::{At, State};
use crate::view::{self, Scanned};

pub(crate) struct Shell {
    dir: tempfile::TempDir,
    log: EventLog,
    pub(crate) sealed_log: SealedLog,
    state: State,
    pub(crate) now: Timestamp,
    pub(crate) presence: Presence,
    pub(crate) subjects: chat::subject::Subjects,
    /// The feed events so far.
    pub(crate) items: Vec<FeedItem>,
}

impl Shell {
    /// A fixture with the administrator `root`.
    pub(crate) fn new() -> Self {
        Self::with(Rules::standard())
    }

    /// The same with other rules.
    pub(crate) fn with(rules: Rules) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut chance = Chance::from_seed([3; 32]);
        let master = std::sync::Arc::new(SealKey::from_bytes([7; 32]));
        let keys = Unchecked::read(dir.path(), master, 0, &mut chance).unwrap();
        let keyring = keys.open(true).unwrap();
        keyring.provide(0, &mut chance).unwrap();
        let (log, _) = EventLog::open(&dir.path().join("log"), Options::new(0)).unwrap();
        let sealed_log = SealedLog::new(log.reader(), keyring);
        let (store, _) =
            Store::open(&dir.path().join("rows"), projections::Options::default()).unwrap();
        let state = State::new(
            Workspace::new(sealed_log.keyring.master().index_key()),
            Rows::new(store),
            sealed_log.clone(),
            chance,
            rules,
            "https://chat.example".to_owned(),
        );
        let mut shell = Self {
            dir,
            log,
            sealed_log,
            state,
            now: Timestamp::from_micros(1_800_000_000_000_000),
            presence: Presence::default(),
            subjects: "acme".parse().unwrap(),
            items: Vec::new(),
        };
        // As after a restart: whatever is not in memory may be in the store.
        shell.state.workspace_mut().loaded();
        shell.system(SystemCommand::FirstAdministrator(NewUser {
            login: "root".parse().unwrap(),
            name: "Root".to_owned(),
            groups: vec![Group::Administrators],
            password_hash: Secret::new("$argon2id$"),
        }));
        shell
    }

    /// Applies a request and appends its events to the log. Before it, all rows leave memory that may.
    pub(crate) fn apply(&mut self, request: &Request) -> Result<(Reply, Vec<Effect>), Rejection> {
        self.now = self.now.plus(Duration::from_secs(1));
        self.state.cool();
        let first_position = self.workspace().position + 1;
        let at = At {
            now: self.now,
            may_listen: true,
        };
        let decision = self.state.decide(request, at)?;
        let applied = self.state.apply(decision, request, &request.by(), at)?;
        for release in applied.feed {
            let Release::Feed(item) = release else {
                panic!("the feed has other releases")
            };
            self.items.push(*item);
        }
        if !applied.events.is_empty() {
            let frame = Frame {
                first_position,
                time_micros: self.now.as_micros(),
                events: applied.events,
            };
            self.log.append(frame).unwrap();
        }
        for effect in &applied.effects {
            match effect {
                Effect::DestroyKeys(keys) => self.sealed_log.keyring.destroy(keys).unwrap(),
                Effect::DropEdit(key) => self.sealed_log.keyring.destroy(&[*key]).unwrap(),
                _ => {}
            }
        }
        Ok((applied.reply, applied.effects))
    }

    /// Runs a router on the state.
    pub(crate) fn into_router<T>(self, now: Timestamp, with: impl FnOnce(&mut Router) -> T) -> T {
        with(&mut Router::new(self.state, self.subjects, now))
    }

    /// The directory, the log and the state.
    pub(crate) fn into_parts(self) -> (tempfile::TempDir, EventLog, State) {
        (self.dir, self.log, self.state)
    }

    /// The id of the first session.
    pub(crate) fn first_session(&self) -> String {
        let (id, _) = self.workspace().sessions.iter().next().unwrap();
        id.to_string()
    }

    /// Loads what lookups in the state missed. Returns whether there was anything.
    pub(crate) fn load_missed(&mut self) -> bool {
        let missed = self.state.misses_rows();
        self.state.look(|_, _| ()).unwrap();
        missed
    }

    /// Stores all rows, and removes those from memory that may leave it.
    pub(crate) fn forget_rows(&mut self) {
        self.state.cool();
    }

    /// The state of the workspace.
    pub(crate) const fn workspace(&self) -> &Workspace {
        self.state.workspace()
    }

    /// Applies a system command.
    pub(crate) fn system(&mut self, command: SystemCommand) {
        self.apply(&Request::system(command)).unwrap();
    }

    /// Applies an event of a messenger.
    pub(crate) fn says(&mut self, channel: ChannelId, body: &Value) -> Option<Accepted> {
        let inbound = Inbound::read(body.as_object().unwrap()).unwrap().0;
        let request = Request::inbound(channel, inbound);
        let request = request.keyed(self.sealed_log.keyring.master());
        match self.apply(&request).unwrap().0 {
            Reply::Accepted(accepted) => Some(accepted),
            Reply::Answer(_) | Reply::User(_) | Reply::Repeated => None,
        }
    }

    /// Applies a message of a contact.
    pub(crate) fn writes(
        &mut self,
        channel: ChannelId,
        chat: &str,
        user: &str,
        text: &str,
    ) -> Accepted {
        let id = format!("m{}", self.workspace().position);
        let data = json!({
            "externalMessageId": id, "externalChatId": chat, "externalUserId": user,
            "externalChatName": "The chat", "text": text,
        });
        self.says(channel, &json!({ "type": "message", "data": data }))
            .unwrap()
    }

    /// Answers a request of a user as the router does.
    pub(crate) fn ask(
        &mut self,
        user: &str,
        method: &str,
        body: &Value,
    ) -> Result<Value, Rejection> {
        let user: UserId = user.parse().unwrap();
        let call = api::parse(&user, method, body.to_string().as_bytes(), self.now)?;
        let call = match call {
            Call::NeedsHash(needs) => needs.finish(Secret::new("$argon2id$")),
            other => other,
        };
        match call {
            Call::Command(command, key) => {
                self.command(&Request::user(user, command, key.digest).with_id(key.id))
            }
            Call::Token(issue, key) => {
                let id = TokenId::new(self.now, self.state.chance());
                let command = issue.command(id, Secret::new("hash of a token"));
                self.command(&Request::user(user, command, key.digest).with_id(key.id))
            }
            Call::Query(query) => self.query(&user, &query),
            Call::LogQuery(query) => self.log_query(&user, &query),
            Call::Signal(_) | Call::NeedsHash(_) => Ok(json!({})),
        }
    }

    fn command(&mut self, request: &Request) -> Result<Value, Rejection> {
        let applied = self.apply(request);
        let (reply, effects) = applied.map_err(|rejection| self.explained(request, rejection))?;
        for effect in effects {
            if let Effect::Verify(channel, purpose) = effect {
                let capabilities = Some(Capabilities::default());
                let proof = Proof {
                    verified: Verified::Challenge,
                    capabilities,
                    old_code: None,
                };
                let verification = Verification {
                    channel,
                    generation: self.workspace().channel(channel).unwrap().generation,
                    purpose,
                    result: Ok(proof),
                };
                self.system(SystemCommand::Verified(verification));
            }
        }
        let Reply::Answer(answer) = reply else {
            panic!("{reply:?}")
        };
        let about = match &request.origin {
            Origin::User(_, Command::User(command)) => command.user(),
            _ => &"root".parse().unwrap(),
        };
        let public_url = self.state.public_url().to_owned();
        let plan = self
            .state
            .look(|workspace, _| view::plan_answer(workspace, about, &answer, &public_url))?;
        Ok(plan.render(&self.sealed_log))
    }

    /// The rejection with the details that the router adds.
    fn explained(&mut self, request: &Request, mut rejection: Rejection) -> Rejection {
        let Origin::User(_, command) = &request.origin else {
            return rejection;
        };
        self.state.cool();
        let look = |workspace: &Workspace, _: &_| view::details_of(workspace, command, &rejection);
        let plan = self.state.look(look).unwrap();
        if let Some(Value::Object(details)) = plan.map(|plan| plan.render(&self.sealed_log)) {
            rejection.details.extend(details);
        }
        rejection
    }

    pub(crate) fn query(&mut self, user: &UserId, query: &Query) -> Result<Value, Rejection> {
        self.state.cool();
        let (presence, now) = (&self.presence, self.now);
        let online = |user: &UserId| presence.is_online(user, now);
        let public_url = self.state.public_url().to_owned();
        let plan = self.state.look(|workspace, _| {
            let caller = workspace.caller(user)?;
            view::plan(workspace, &caller, (query, now), &online, &public_url)
        })??;
        Ok(plan.render(&self.sealed_log))
    }

    pub(crate) fn log_query(
        &mut self,
        user: &UserId,
        query: &LogQuery,
    ) -> Result<Value, Rejection> {
        let scan = self.state.look(|workspace, _| {
            let caller = workspace.caller(user)?;
            view::scan(workspace, &caller, query)
        })??;
        let scanned = scan.run(&self.sealed_log);
        if let Scanned::Search(query) = scanned {
            return self.query(user, &query);
        }
        self.state.cool();
        let public_url = self.state.public_url().to_owned();
        let (subjects, now) = (&self.subjects, self.now);
        let plan = self.state.look(|workspace, _| {
            let caller = workspace.caller(user).unwrap();
            match &scanned {
                Scanned::Search(_) => panic!("answered above"),
                Scanned::Events(found) => {
                    view::plan_events(workspace, &caller, (found, now), &public_url, subjects)
                }
                Scanned::Attempts(found) => view::plan_attempts(workspace, &caller, found),
            }
        })?;
        Ok(plan.render(&self.sealed_log))
    }

    /// The answer to a request that must succeed.
    pub(crate) fn ok(&mut self, user: &str, method: &str, body: &Value) -> Value {
        self.ask(user, method, body)
            .unwrap_or_else(|e| panic!("{method} {body}: {e}"))
    }

    /// A list in an answer.
    pub(crate) fn list(
        &mut self,
        user: &str,
        method: &str,
        body: &Value,
        name: &str,
    ) -> Vec<Value> {
        let ok = self.ok(user, method, body);
        ok[name]
            .as_array()
            .unwrap_or_else(|| panic!("{ok}"))
            .clone()
    }

    /// All pages of a list.
    pub(crate) fn pages(
        &mut self,
        user: &str,
        method: &str,
        body: &Value,
        name: &str,
    ) -> Vec<Value> {
        let (mut all, mut body) = (Vec::new(), body.clone());
        for _ in 0..100 {
            let ok = self.ok(user, method, &body);
            assert!(ok.to_string().len() < 1_000_000);
            all.extend(ok[name].as_array().unwrap().clone());
            if ok["next"].is_null() {
                return all;
            }
            body["before"] = ok["next"].clone();
        }
        panic!("{method} has no end");
    }

    /// The code of a request that must be rejected.
    pub(crate) fn refusal(&mut self, user: &str, method: &str, body: &Value) -> &'static str {
        self.ask(user, method, body).unwrap_err().code.as_str()
    }

    /// Creates a user of a group.
    pub(crate) fn user(&mut self, login: &str, group: &str) {
        let body = json!({ "login": login, "groups": [group], "password": "12345678" });
        self.ok("root", "users.create", &body);
    }

    /// Creates a live chat with these members. Returns its id.
    pub(crate) fn live_chat(&mut self, name: &str, members: &[&str]) -> String {
        let body = json!({ "name": name, "users": members });
        text(&self.ok("root", "live-chats.create", &body)["liveChat"]["id"])
    }

    /// Connects an active channel.
    pub(crate) fn channel(&mut self, live_chat: &str, webhook: &str) -> ChannelId {
        let body = json!({
            "liveChat": live_chat, "name": "Demo", "webhook": webhook, "code": "secret code",
            "operatorInitiated": true,
        });
        text(&self.ok("root", "channels.connect", &body)["channel"]["id"])
            .parse()
            .unwrap()
    }
}

pub(crate) fn text(value: &Value) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("{value}"))
        .to_owned()
}
