//! The body of a response as the messenger means it.

use std::io::Read as _;

use flate2::read::MultiGzDecoder;

/// How a gzip stream begins (RFC 1952). No JSON text begins like this.
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// The UTF-8 byte order mark.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Decompresses a body that is gzip although requests ask for `identity`, and removes a byte order mark.
/// The result is truncated to `bytes_max`; of a broken stream it is what comes before the fault.
pub(crate) fn plain(body: Vec<u8>, bytes_max: usize) -> Vec<u8> {
    let mut body = if is_gzip(&body) {
        decompressed(&body, bytes_max).unwrap_or(body)
    } else {
        body
    };
    if body.starts_with(BYTE_ORDER_MARK) {
        body.drain(..BYTE_ORDER_MARK.len());
    }
    body
}

/// Whether a body is compressed.
pub(crate) fn is_gzip(body: &[u8]) -> bool {
    body.starts_with(&GZIP)
}

/// Returns what can be decompressed, at most `bytes_max`; `None` if that is nothing.
fn decompressed(body: &[u8], bytes_max: usize) -> Option<Vec<u8>> {
    let mut plain = Vec::new();
    let mut decoder = MultiGzDecoder::new(body).take(bytes_max as u64);
    // An error leaves what was read before it.
    drop(decoder.read_to_end(&mut plain));
    Some(plain).filter(|plain| !plain.is_empty())
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use chat::rpc::ANSWER_BYTES_MAX;
    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn plain(body: Vec<u8>) -> Vec<u8> {
        super::plain(body, ANSWER_BYTES_MAX)
    }

    fn gzip(plain: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(plain).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn gzip_and_a_byte_order_mark_are_removed_and_other_bodies_are_kept() {
        let json = br#"{"username":"Ann"}"#;
        let marked = [BYTE_ORDER_MARK, json].concat();
        let halves = [gzip(&json[..5]), gzip(&json[5..])].concat();
        for body in [
            json.to_vec(),
            marked.clone(),
            gzip(json),
            gzip(&marked),
            halves,
        ] {
            assert_eq!(plain(body.clone()), json, "{body:?}");
        }
        for other in [
            &b""[..],
            b"OK",
            b"\x1f",
            b"\x1f\x8b no gzip",
            b"\xef\xbb",
            b"{}\xef\xbb\xbf",
        ] {
            assert_eq!(plain(other.to_vec()), other);
        }
        assert_eq!(plain(BYTE_ORDER_MARK.to_vec()), b"");
    }

    #[test]
    fn a_broken_gzip_stream_is_read_as_far_as_possible() {
        let noise: Vec<u8> = (0..4_000_u32)
            .flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes())
            .collect();
        let whole = gzip(&noise);
        let cut = plain(whole[..whole.len() / 2].to_vec());
        assert!(!cut.is_empty() && noise.starts_with(&cut));
        let mut wrong_checksum = gzip(b"{}");
        let end = wrong_checksum.len() - 8;
        wrong_checksum[end] ^= 1;
        assert_eq!(plain(wrong_checksum), b"{}");
    }

    #[test]
    fn a_gzip_bomb_is_decompressed_up_to_the_limit() {
        // 60 MB in less than 64 KiB.
        let bomb = gzip(&vec![b' '; 60_000_000]);
        assert!(bomb.len() < ANSWER_BYTES_MAX, "{}", bomb.len());
        let read = plain(bomb);
        assert_eq!(read, b" ".repeat(ANSWER_BYTES_MAX));
        assert!(read.capacity() <= 2 * ANSWER_BYTES_MAX);
    }
}
