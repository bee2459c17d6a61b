//! The messenger protocol: what comes from a messenger, and what goes to it.
//!
//! Everything is one JSON object a request, told apart by `type` (messenger-protocol sections 3, 4).

pub mod inbound;
pub mod lenient;
pub mod outbound;

pub use inbound::{Inbound, InboundMessage, ReceiptStatus};
