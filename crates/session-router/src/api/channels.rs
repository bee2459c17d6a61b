//! `channels.*` that change something.

use chat::command::{ChannelCommand, Command, Connect, Update};
use chat::messenger::outbound::Dialect;
use chat::rejection::Rejection;
use chat::rpc::Security;
use chat::rules::ROTATION_OVERLAP;

use super::args::{Args, required};

pub(super) fn read(verb: &str, args: &Args) -> Result<Option<Command>, Rejection> {
    let channel = || args.required_id("channel");
    let command = match verb {
        "connect" => ChannelCommand::Connect(connect(args)?),
        "disconnect" => ChannelCommand::Disconnect(channel()?),
        "reconnect" => ChannelCommand::Reconnect(channel()?),
        "test" => ChannelCommand::Test(channel()?),
        "delete" => ChannelCommand::Delete(channel()?),
        "rename" => ChannelCommand::Rename {
            channel: channel()?,
            name: args.required_text("name")?,
        },
        "update" => ChannelCommand::Update(update(args)?),
        "rotate" => ChannelCommand::Rotate {
            channel: channel()?,
            code: required("code", args.secret("code")?)?,
            overlap: args
                .duration("overlap")?
                .or(args.duration("keep")?)
                .unwrap_or(ROTATION_OVERLAP),
        },
        _ => return Ok(None),
    };
    Ok(Some(Command::Channel(command)))
}

fn connect(args: &Args) -> Result<Connect, Rejection> {
    Ok(Connect {
        live_chat: args.required_id("liveChat")?,
        name: args.required_text("name")?,
        webhook: args.required_text("webhook")?,
        code: required("code", args.secret("code")?)?,
        security: security(args)?,
        dialect: dialect(args)?,
        operator_initiated: args.flag("operatorInitiated")?,
    })
}

/// Name and code have separate methods. Ignoring them here would look like success.
fn update(args: &Args) -> Result<Update, Rejection> {
    let update = Update {
        channel: args.required_id("channel")?,
        webhook: args.text("webhook")?,
        security: security(args)?,
        dialect: dialect(args)?,
        operator_initiated: args.flag("operatorInitiated")?,
    };
    for (member, method) in [("name", "channels.rename"), ("code", "channels.rotate")] {
        args.refuse(member, &format!("is changed by {method}"))?;
    }
    Ok(update)
}

fn security(args: &Args) -> Result<Option<Security>, Rejection> {
    args.choice("security")
}

fn dialect(args: &Args) -> Result<Option<Dialect>, Rejection> {
    args.choice("dialect")
}
