//! Requests of a messenger: parsing never panics, and accepted messages respect the protocol's limits.
#![no_main]

use chat::messenger::Inbound;
use chat::messenger::inbound::{Body, EXTERNAL_ID_BYTES_MAX};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &[u8]| {
    if let Ok(body) = Body::parse(body)
        && let Ok((Inbound::Message(message), _)) = body.read()
    {
        assert!((1..=EXTERNAL_ID_BYTES_MAX).contains(&message.external_message_id.len()));
        assert!(!message.content.is_empty());
    }
});
