//! `messenger`: simulates a custom messenger.

use std::net::SocketAddr;
use std::path::PathBuf;

use messenger::{Code, Listeners, Options};

use crate::exit::{Exit, Failure, OrExit as _, Result};
use crate::runtime::block_on;
use crate::settings::Address;
use crate::{data, ports, signals};

/// The address of the page if `--page` gives none.
const PAGE: &str = "127.0.0.1:7080";

/// Simulate a custom messenger: receive what operators write, type what a user writes.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = "Examples:
  switchboard messenger --code secret --user ann --name Ann
  switchboard messenger --listen 127.0.0.1:7001 --code-file ./code --signed --auto-receipts
  echo 'Hello' | switchboard messenger --code secret --json

Connect a channel with webhook http://127.0.0.1:7000/ and the same code; then type. Lines that \
begin with / are commands: /help lists them. With --json each event is one JSON line, and a \
typed JSON object is sent unchanged, signed or with the token. The messenger keeps running \
after the end of its input, until it is interrupted.

With --page it is also a phone in a browser, for several people. Anyone who can open that page \
can write as them: listen on loopback only.")]
pub(crate) struct Args {
    /// The address to receive on; port 0 picks a free port.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:7000")]
    listen: SocketAddr,
    /// Serve a phone as a page for a browser.
    #[arg(long, value_name = "ADDRESS:PORT", num_args = 0..=1, default_missing_value = PAGE)]
    page: Option<SocketAddr>,
    /// The confirmation code that the channel is connected with.
    #[arg(long, value_name = "CODE", required_unless_present = "code_file")]
    code: Option<String>,
    /// A file with the confirmation code.
    #[arg(long, value_name = "FILE", conflicts_with = "code")]
    code_file: Option<PathBuf>,
    #[command(flatten)]
    options: Options,
}

/// Runs until interrupted.
pub(crate) fn run(args: &Args) -> Result {
    let code = match (&args.code, &args.code_file) {
        (Some(code), _) => Code::new(code),
        (None, Some(path)) => Code::new(data::read_secret_argument(path)?.expose()),
        (None, None) => return Err(Failure::message(Exit::Usage, "give --code or --code-file")),
    };
    let code = code.or_exit(Exit::Usage)?;
    block_on(async {
        let webhook = ports::bind("--listen", Address(args.listen)).await?;
        let page = match args.page {
            Some(page) => Some(ports::bind("--page", Address(page)).await?),
            None => None,
        };
        tokio::select! {
            result = messenger::run(&args.options, code, Listeners { webhook, page }) => Ok(result?),
            result = signals::stop() => result,
        }
    })
}
