//! `users.*`: what an administrator does with people who have a login.
//!
//! A user is named by `login`, as at creation, or by `user`.

use chat::command::{Command, NewUser, UserCommand};
use chat::id::{CommandId, UserId};
use chat::model::Group;
use chat::password;
use chat::rejection::Rejection;
use chat::secret::Secret;

use super::args::{Args, need, wrong};
use super::{Call, NeedsHash};

const GROUPS: &str = "must be one of administrators, supervisors, operators, readers";
const LOGIN: &str = "must be 1 to 32 of a-z, 0-9, _ and -";

pub(super) fn read(
    caller: &UserId,
    verb: &str,
    args: &Args,
    command_id: Option<CommandId>,
    digest: [u8; 16],
) -> Result<Call, Rejection> {
    let login: Option<UserId> = args.parsed("login", LOGIN)?.or(args.parsed("user", LOGIN)?);
    let user = || need("login", login.clone());
    let command = match verb {
        "create" => UserCommand::Create(create(args, user()?)?),
        "update" => update(args, user()?)?,
        "disable" => UserCommand::Disable {
            user: user()?,
            disabled: args.flag("disabled")?.unwrap_or(true),
        },
        _ => {
            return Ok(Call::Token {
                user: login.unwrap_or_else(|| caller.clone()),
                command_id,
                digest,
            });
        }
    };
    let needed = !matches!(command, UserCommand::Disable { .. });
    match args.secret("password")?.filter(|_| needed) {
        Some(password) => {
            password::check(&password)?;
            Ok(Call::NeedsHash(NeedsHash {
                password,
                command,
                command_id,
                digest,
            }))
        }
        None => Ok(Call::Command {
            command: Command::User(command),
            command_id,
            digest,
        }),
    }
}

/// Somebody new is an operator unless the groups say otherwise, and is called by the login unless
/// there is a name.
fn create(args: &Args, login: UserId) -> Result<NewUser, Rejection> {
    need("password", args.get("password"))?;
    Ok(NewUser {
        name: args
            .text("name")?
            .unwrap_or_else(|| login.as_str().to_owned()),
        groups: groups(args)?.unwrap_or_else(|| vec![Group::Operators]),
        login,
        password_hash: Secret::new(""),
    })
}

/// `disabled` alone is `users.disable`.
fn update(args: &Args, user: UserId) -> Result<UserCommand, Rejection> {
    let changes = ["name", "groups", "password"];
    let any = changes.iter().any(|name| args.get(name).is_some());
    match args.flag("disabled")? {
        Some(disabled) if !any => return Ok(UserCommand::Disable { user, disabled }),
        Some(_) => {
            let words = "is changed alone, or by users.disable";
            return Err(wrong("disabled", words));
        }
        None if !any => {
            let words = "one of name, groups, password, disabled is required";
            return Err(Rejection::invalid("", words));
        }
        None => {}
    }
    Ok(UserCommand::Update {
        user,
        name: args.text("name")?,
        groups: groups(args)?,
        password_hash: None,
    })
}

fn groups(args: &Args) -> Result<Option<Vec<Group>>, Rejection> {
    let groups = args.choices("groups", GROUPS)?;
    Ok(groups.map(|mut groups: Vec<Group>| {
        groups.sort_unstable();
        groups.dedup();
        groups
    }))
}
