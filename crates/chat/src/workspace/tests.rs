//! Tests of the workspace rules.

mod actions;
mod channels;
mod commands;
mod contacts;
mod deliveries;
mod external_ids;
mod fixture;
mod histories;
mod inbound;
mod invariants;
mod live_chats;
mod messages;
mod model;
mod notices;
mod reads;
mod replays;
mod requests;
mod rows;
mod sessions;
mod step;
mod tokens;
mod users;
mod values;
