use std::collections::BTreeSet;

use serde_json::json;

use super::*;

#[test]
fn every_code_is_unique_and_in_snake_case() {
    let codes: BTreeSet<_> = Reason::ALL.iter().collect();
    assert_eq!(codes.len(), Reason::ALL.len());
    let snake = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    assert!(Reason::ALL.iter().all(|code| code.chars().all(snake)));
}

#[test]
fn no_reason_has_a_field_that_the_message_would_replace() {
    let source = include_str!("../reason.rs");
    assert!(!source.contains("{ message:") && !source.contains(", message:"));
}

#[test]
fn json_has_the_code_the_message_and_the_fields_in_camel_case() {
    let reason = Reason::AccountConnected {
        live_chat: "Support".to_owned(),
        channel: "Telegram".to_owned(),
    };
    assert_eq!(
        Value::Object(reason.object()),
        json!({
            "code": "account_connected",
            "message": "the webhook is connected to the live chat \"Support\" already, as channel \"Telegram\"; reconnect that channel",
            "liveChat": "Support",
            "channel": "Telegram",
        })
    );
}

#[test]
fn the_pointer_precedes_the_message() {
    let reason = Reason::WrongLength {
        pointer: "/name".to_owned(),
        min: 1,
        max: 255,
        unit: "characters".to_owned(),
    };
    assert_eq!(reason.pointer().as_deref(), Some("/name"));
    assert_eq!(reason.to_string(), "/name: must have 1 to 255 characters");
    assert_eq!(Reason::CodeRequired.pointer().as_deref(), Some("/code"));
    assert_eq!(Reason::Busy.pointer(), None);
    let body = Reason::InvalidBody {
        detail: "must be a JSON object".to_owned(),
    };
    assert_eq!(body.to_string(), "the body: must be a JSON object");
}

#[test]
fn a_reason_is_read_back_from_json_and_messagepack() {
    let reasons = [
        Reason::WrongCode { status: 401 },
        Reason::NoEgress,
        Reason::ConnectFailed {
            name: "chat.example".to_owned(),
            port: 443,
            detail: "refused".to_owned(),
        },
    ];
    for reason in reasons {
        let json = serde_json::to_string(&reason).unwrap();
        assert_eq!(serde_json::from_str::<Reason>(&json).unwrap(), reason);
        let bytes = rmp_serde::to_vec_named(&reason).unwrap();
        assert_eq!(rmp_serde::from_slice::<Reason>(&bytes).unwrap(), reason);
    }
}
