use std::collections::BTreeMap;

use super::{CHUNK_BYTES_MAX, PAGE_BYTES_MAX, Page, chunk_key, key_parts, page_key, rows};
use crate::GENESIS;
use crate::journal::frame::{EncodedFrame, HEADER_BYTES};
use crate::testing::frame;

fn encoded(sizes: &[usize]) -> EncodedFrame {
    let mut frame = frame(10, sizes).encode().unwrap();
    frame.link(GENESIS, 9);
    frame
}

#[test]
fn the_rows_of_a_frame_restore_it_byte_by_byte() {
    for sizes in [
        &[0][..],
        &[300; 40],
        &[4_000, 10, 5_000, 60_000],
        &[100_000],
        &[10, 100_000, 10],
    ] {
        let frame = encoded(sizes);
        let stored: BTreeMap<_, _> = rows(&frame.as_ref()).into_iter().collect();
        assert_eq!(stored.len(), rows(&frame.as_ref()).len(), "keys are unique");
        let mut joined = frame.bytes[..HEADER_BYTES].to_vec();
        let mut next = 10;
        while next < 10 + sizes.len() as u64 {
            let page = Page::parse(next, &stored[&page_key(next)[..]]).unwrap();
            assert_eq!((page.frame_first, page.time_micros), (10, -5));
            assert_eq!(page.header.is_some(), next == 10);
            let chunk = |number| Ok::<_, ()>(stored.get(&chunk_key(next, number)).cloned());
            let page = page.with_chunks(chunk).unwrap().unwrap();
            joined.extend_from_slice(&page.content);
            next += page.events().count() as u64;
        }
        assert_eq!(joined, frame.bytes);
    }
}

#[test]
fn rows_are_small_and_sorted() {
    let frame = encoded(&[300, 90_000, 4_096, 1, 30_000]);
    let rows = rows(&frame.as_ref());
    assert!(rows.is_sorted());
    for (key, value) in rows {
        let (_, chunk) = key_parts(&key).unwrap();
        let max = if chunk == 0 {
            PAGE_BYTES_MAX
        } else {
            CHUNK_BYTES_MAX + 4
        };
        assert!(value.len() <= max);
    }
}

#[test]
fn every_flipped_bit_is_detected() {
    let frame = encoded(&[40]);
    let (_, value) = rows(&frame.as_ref()).pop().unwrap();
    for bit in 0..value.len() * 8 {
        let mut damaged = value.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        assert!(Page::parse(10, &damaged).is_none(), "bit {bit}");
    }
    assert!(Page::parse(10, &value).is_some());
}

#[test]
fn keys_of_other_lengths_are_rejected() {
    assert_eq!(key_parts(&page_key(5)), Some((5, 0)));
    assert_eq!(key_parts(&chunk_key(5, 2)), Some((5, 2)));
    for bad in [&[][..], &[0; 7], &[0; 9], &[0; 12], &[0; 13]] {
        assert_eq!(key_parts(bad), None, "{bad:?}");
    }
}
