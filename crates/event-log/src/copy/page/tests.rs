use std::collections::BTreeMap;

use super::{CHUNK_BYTES_MAX, PAGE_BYTES_MAX, Page, chunk_key, key_parts, page_key, rows};
use crate::journal::frame::{FrameRef, HEADER_BYTES, Header, Parsed, parse, seal};
use crate::{Frame, GENESIS, NewEvent};

fn sealed(sizes: &[usize]) -> Vec<u8> {
    let events = (1..).zip(sizes).map(|(number, size)| NewEvent {
        link: 0,
        bytes: vec![number; *size],
    });
    let frame = Frame {
        first_position: 10,
        time_micros: 77,
        events: events.collect(),
    };
    let mut bytes = frame.encode().unwrap();
    let header = Header {
        count: u16::try_from(sizes.len()).unwrap(),
        payload_bytes: u32::try_from(bytes.len() - HEADER_BYTES).unwrap(),
        not_durable: 0,
        first: 10,
        time_micros: 77,
        previous: GENESIS,
        payload_crc: 0,
    };
    seal(&mut bytes, header);
    bytes
}

fn frame(bytes: &[u8]) -> FrameRef<'_> {
    let Parsed::Frame(frame) = parse(bytes) else {
        panic!("not a frame")
    };
    frame
}

#[test]
fn a_frame_is_the_sum_of_its_rows() {
    for sizes in [
        &[0][..],
        &[300; 40],
        &[4_000, 10, 5_000, 60_000],
        &[100_000],
        &[10, 100_000, 10],
    ] {
        let bytes = sealed(sizes);
        let stored: BTreeMap<_, _> = rows(&frame(&bytes)).into_iter().collect();
        assert_eq!(stored.len(), rows(&frame(&bytes)).len(), "no key twice");
        let mut again = bytes[..HEADER_BYTES].to_vec();
        let mut next = 10;
        while next < 10 + sizes.len() as u64 {
            let page = Page::parse(next, &stored[&page_key(next)[..]]).unwrap();
            assert_eq!((page.frame_first, page.time_micros), (10, 77));
            assert_eq!(page.header.is_some(), next == 10);
            let chunk = |number| Ok::<_, ()>(stored.get(&chunk_key(next, number)).cloned());
            let whole = page.whole(chunk).unwrap().unwrap();
            again.extend_from_slice(&whole);
            next += page.read(&whole).count() as u64;
        }
        assert_eq!(again, bytes);
    }
}

#[test]
fn rows_are_small_and_in_order() {
    let bytes = sealed(&[300, 90_000, 4_096, 1, 30_000]);
    let rows = rows(&frame(&bytes));
    assert!(rows.is_sorted());
    for (key, value) in rows {
        let (_, chunk) = key_parts(&key).unwrap();
        let most = if chunk == 0 {
            PAGE_BYTES_MAX
        } else {
            CHUNK_BYTES_MAX + 4
        };
        assert!(value.len() <= most);
    }
}

#[test]
fn a_flipped_bit_is_seen() {
    let bytes = sealed(&[40]);
    let (_, value) = rows(&frame(&bytes)).pop().unwrap();
    for bit in 0..value.len() * 8 {
        let mut bad = value.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        assert!(Page::parse(10, &bad).is_none(), "bit {bit}");
    }
    assert!(Page::parse(10, &value).is_some());
}

#[test]
fn keys_of_other_lengths_are_refused() {
    assert_eq!(key_parts(&page_key(5)), Some((5, 0)));
    assert_eq!(key_parts(&chunk_key(5, 2)), Some((5, 2)));
    for bad in [&[][..], &[0; 7], &[0; 9], &[0; 12], &[0; 13]] {
        assert_eq!(key_parts(bad), None, "{bad:?}");
    }
}
