use super::{Frame, HEADER_BYTES, Parsed, parse};
use crate::limits::{EVENT_BYTES_MAX, FRAME_BYTES_MAX};
use crate::testing::frame;
use crate::{Error, GENESIS, NewEvent};

fn encoded(frame: &Frame, durable: u64) -> Vec<u8> {
    let mut encoded = frame.encode().unwrap();
    encoded.link(GENESIS, durable);
    encoded.bytes
}

#[test]
fn an_encoded_frame_decodes_to_the_same_events() {
    let frame = frame(7, &[0, 1, 300]);
    let bytes = encoded(&frame, 4);
    let Parsed::Frame(read) = parse(&bytes) else {
        panic!("not a frame")
    };
    assert_eq!(
        (read.header.first, read.header.last(), read.header.durable()),
        (7, 9, 4)
    );
    let events: Vec<_> = read.events().collect();
    assert_eq!(events.len(), 3);
    for (event, (position, expected)) in events.iter().zip((7..).zip(&frame.events)) {
        assert_eq!((event.position, event.time_micros), (position, -5));
        assert_eq!(
            (event.link, event.bytes),
            (expected.link, &expected.bytes[..])
        );
    }
}

#[test]
fn the_bytes_of_a_frame_never_change() {
    let frame = Frame {
        first_position: 1,
        time_micros: 1_000_000,
        events: vec![NewEvent {
            link: 0,
            bytes: b"hello".to_vec(),
        }],
    };
    let mut encoded = frame.encode().unwrap();
    encoded.header.not_durable = 2;
    encoded.write_header();
    let hex = encoded
        .bytes
        .iter()
        .fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
    let zeros = "00".repeat(32);
    assert_eq!(
        hex,
        format!(
            "53424631010001001100000002000000010000000000000040420f0000000000{zeros}\
             42b575204bad5b9505000000000000000000000068656c6c6f"
        )
    );
}

#[test]
fn every_flipped_bit_is_detected() {
    let bytes = encoded(&frame(1, &[3, 40]), 0);
    for bit in 0..bytes.len() * 8 {
        let mut damaged = bytes.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        assert!(!matches!(parse(&damaged), Parsed::Frame(_)), "bit {bit}");
    }
}

#[test]
fn every_prefix_of_a_frame_is_incomplete() {
    let bytes = encoded(&frame(1, &[3, 40]), 0);
    for length in 0..bytes.len() {
        assert!(
            matches!(parse(&bytes[..length]), Parsed::Incomplete),
            "length {length}"
        );
    }
}

#[test]
fn a_damaged_payload_leaves_the_length_known() {
    let mut bytes = encoded(&frame(1, &[30]), 0);
    let frame_length = bytes.len();
    bytes[HEADER_BYTES + 20] ^= 1;
    bytes.extend_from_slice(b"more");
    assert!(
        matches!(parse(&bytes), Parsed::Bad { length: Some(length) } if length == frame_length)
    );
}

#[test]
fn a_later_format_version_is_reported() {
    let mut bytes = encoded(&frame(1, &[30]), 0);
    bytes[4] = 9;
    let sum = crc32c::crc32c(&bytes[..68]);
    bytes[68..72].copy_from_slice(&sum.to_le_bytes());
    assert!(matches!(
        parse(&bytes),
        Parsed::UnknownVersion { version: 9 }
    ));
}

#[test]
fn frames_over_the_limits_are_rejected() {
    let check = |sizes: &[usize]| frame(1, sizes).encode();
    assert!(matches!(check(&[]), Err(Error::FrameEmpty)));
    assert!(check(&[EVENT_BYTES_MAX]).is_ok());
    assert!(matches!(
        check(&[EVENT_BYTES_MAX + 1]),
        Err(Error::EventTooLarge { position: 1, .. })
    ));
    assert!(check(&[0; 256]).is_ok());
    assert!(matches!(
        check(&[0; 257]),
        Err(Error::FrameTooLarge { events: 257, .. })
    ));
    assert!(check(&[FRAME_BYTES_MAX - 24, 0]).is_ok());
    assert!(matches!(
        check(&[FRAME_BYTES_MAX - 23, 0]),
        Err(Error::FrameTooLarge { .. })
    ));
    let mut linked = frame(5, &[1, 1]);
    linked.events[1].link = 6;
    assert!(matches!(
        linked.encode(),
        Err(Error::BadLink {
            position: 6,
            link: 6
        })
    ));
}
