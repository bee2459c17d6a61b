//! `users.*` that change something. `user` is accepted as another name of `login`.

use chat::command::{Command, NewUser, UserCommand};
use chat::id::{TokenId, UserId};
use chat::model::Group;
use chat::password;
use chat::reason::Reason;
use chat::rejection::Rejection;
use chat::secret::Secret;

use super::args::{Args, required, wrong};
use super::{Call, CommandKey, IssueToken, NeedsHash};

const LOGIN: &str = "must be 1 to 32 of a-z, 0-9, _ and -";

pub(super) fn read(
    caller: &UserId,
    verb: &str,
    args: &Args,
    key: CommandKey,
) -> Result<Call, Rejection> {
    let login = login(args)?;
    let user = || required("login", login.clone());
    let command = match verb {
        "create" => UserCommand::Create(create(args, user()?)?),
        "update" => update(args, user()?)?,
        "disable" => UserCommand::Disable {
            user: user()?,
            disabled: args.flag("disabled")?.unwrap_or(true),
        },
        "token-revoke" => UserCommand::RevokeTokens {
            token: token(args)?,
            user: login.unwrap_or_else(|| caller.clone()),
        },
        _ => {
            let user = login.unwrap_or_else(|| caller.clone());
            let name = args.text("name")?;
            return Ok(Call::Token(IssueToken { user, name }, key));
        }
    };
    let has_password = matches!(verb, "create" | "update");
    let password = if has_password {
        args.secret("password")?
    } else {
        None
    };
    match password {
        Some(password) => {
            password::check(&password)?;
            Ok(Call::NeedsHash(NeedsHash {
                password,
                command,
                key,
            }))
        }
        None => Ok(Call::Command(Command::User(command), key)),
    }
}

pub(super) fn login(args: &Args) -> Result<Option<UserId>, Rejection> {
    Ok(args.parsed("login", LOGIN)?.or(args.parsed("user", LOGIN)?))
}

/// The token to revoke; `None` is all of them.
fn token(args: &Args) -> Result<Option<TokenId>, Rejection> {
    match (args.id("token")?, args.flag("all")?) {
        (Some(token), None | Some(false)) => Ok(Some(token)),
        (None, Some(true)) => Ok(None),
        _ => Err(wrong("token", "exactly one of token and all is required")),
    }
}

/// The group defaults to operators, the name to the login.
fn create(args: &Args, login: UserId) -> Result<NewUser, Rejection> {
    required("password", args.get("password"))?;
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
            let message = "is changed alone, or by users.disable";
            return Err(wrong("disabled", message));
        }
        None if !any => {
            let message = "one of name, groups, password, disabled is required";
            let detail = message.to_owned();
            return Err(Reason::InvalidBody { detail }.into());
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
    let groups = args.choices("groups")?;
    Ok(groups.map(|mut groups: Vec<Group>| {
        groups.sort_unstable();
        groups.dedup();
        groups
    }))
}
