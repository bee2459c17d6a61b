//! The command-line options that choose who writes and how the messenger behaves.

/// Options of the simulated messenger.
#[derive(clap::Args, Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command line"
)]
pub struct Options {
    /// The channel's address at Switchboard, if it was connected before.
    #[arg(long, value_name = "URL")]
    pub public: Option<String>,
    /// The id of the person who types.
    #[arg(long, value_name = "ID", default_value = "u1")]
    pub user: String,
    /// The id of the chat.
    #[arg(long, value_name = "ID", default_value = "c1")]
    pub chat: String,
    /// The name of the person.
    #[arg(long, value_name = "NAME", default_value = "Ann")]
    pub name: String,
    /// The phone number of the person.
    #[arg(long, value_name = "NUMBER")]
    pub phone: Option<String>,
    /// Sign requests and accept only signed requests (Standard Webhooks).
    #[arg(long)]
    pub signed: bool,
    /// Report every message as delivered and read.
    #[arg(long)]
    pub auto_receipts: bool,
    /// Delay each response by this many milliseconds.
    #[arg(long, value_name = "MS", default_value_t = 0)]
    pub slow: u64,
    /// Answer connect with 401, so that the channel is not connected.
    #[arg(long)]
    pub refuse: bool,
    /// Answer each message with this status.
    #[arg(long, value_name = "STATUS", value_parser = clap::value_parser!(u16).range(200..=599))]
    pub fail: Option<u16>,
    /// Answer userInfo like some adapters do, with invalid JSON: no commas between the members.
    #[arg(long)]
    pub broken_user_info: bool,
    /// Print one JSON line per event.
    #[arg(long)]
    pub json: bool,
}
