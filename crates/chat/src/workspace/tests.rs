//! The rules, one test each, in sentences.

mod channels;
mod contacts;
mod deliveries;
mod fixture;
mod histories;
mod inbound;
mod invariants;
mod live_chats;
mod messages;
mod model;
mod replays;
mod rows;
mod sessions;
mod step;
mod users;
