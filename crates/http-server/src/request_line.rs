//! Rejects fragments in request targets (RFC 9112 section 3.2 has none).
//!
//! hyper drops a fragment without telling the handler. Therefore its `#` is replaced by NUL before
//! hyper reads it, which hyper answers with 400.

/// The position in the bytes that a client sends, until the end of the first line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum RequestLine {
    /// Before the method.
    #[default]
    Start,
    Method,
    /// In the target.
    Target,
    /// After the target, or in a line that is no request line.
    Over,
}

impl RequestLine {
    /// Reads on in the line.
    pub(crate) fn read(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            *self = match (*self, *byte) {
                (Self::Over, _) => return,
                // Empty lines may precede a request line.
                (Self::Start, b'\r' | b'\n') => Self::Start,
                (Self::Start | Self::Method, b'A'..=b'Z') => Self::Method,
                (Self::Method, b' ') => Self::Target,
                (Self::Target, b'#') => {
                    *byte = 0;
                    Self::Over
                }
                (Self::Target, b' ' | b'\r' | b'\n') | (Self::Start | Self::Method, _) => {
                    Self::Over
                }
                (Self::Target, _) => Self::Target,
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_fragment_in_the_target_is_replaced() {
        for (line, wanted) in [
            ("GET /a#b HTTP/1.1\r\n", "GET /a\0b HTTP/1.1\r\n"),
            ("\r\nPOST /#a#b HTTP/1.1", "\r\nPOST /\0a#b HTTP/1.1"),
            ("GET /a HTTP/1.1\r\nx: #\r\n", "GET /a HTTP/1.1\r\nx: #\r\n"),
            // A body after `100 Continue`.
            (r##"{"A #": "#"}"##, r##"{"A #": "#"}"##),
            (" [\"#\"]", " [\"#\"]"),
        ] {
            for cut in 0..line.len() {
                let mut bytes = line.as_bytes().to_vec();
                let mut position = RequestLine::default();
                let (first, rest) = bytes.split_at_mut(cut);
                position.read(first);
                position.read(rest);
                assert_eq!(String::from_utf8(bytes).unwrap(), wanted, "cut at {cut}");
            }
        }
    }
}
