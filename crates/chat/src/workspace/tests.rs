//! The rules, one test each, in sentences.

mod channels;
mod contacts;
mod deliveries;
mod house;
mod inbound;
mod live_chats;
mod messages;
mod replays;
mod sessions;
mod users;
