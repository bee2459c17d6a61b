//! The messenger protocol: requests from and to messengers.
//!
//! Each request is one JSON object; its `type` says which (docs/messenger-protocol.md).

pub mod inbound;
pub mod lenient;
pub mod outbound;

pub use inbound::{Inbound, InboundMessage, ReceiptStatus};
