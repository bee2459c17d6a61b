//! Checks the media type of a body.

use hyper::HeaderMap;
use hyper::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderValue};

use crate::request_error::RequestError;

/// Accepts JSON media types in UTF-8 and bodies without a media type, uncompressed. Nothing is
/// decompressed, so a decompression bomb has no effect.
pub(crate) fn check(headers: &HeaderMap) -> Result<(), RequestError> {
    let mut types = headers.get_all(CONTENT_TYPE).iter();
    if let Some(one) = types.next() {
        is_json(one)?;
    }
    if types.next().is_some() {
        return Err(RequestError::MediaType("send only one Content-Type"));
    }
    if headers.get_all(CONTENT_ENCODING).iter().all(is_identity) {
        Ok(())
    } else {
        Err(RequestError::MediaType(
            "send the body without Content-Encoding",
        ))
    }
}

fn is_json(value: &HeaderValue) -> Result<(), RequestError> {
    let text = value.to_str().unwrap_or("not text");
    let mut parts = text.split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default().to_ascii_lowercase();
    match essence.as_str() {
        "" | "application/json" | "text/json" => {}
        "application/x-www-form-urlencoded" | "multipart/form-data" => {
            return Err(RequestError::MediaType(
                "send the body as JSON with Content-Type: application/json, not as a form",
            ));
        }
        // RFC 6839: a structured syntax, such as `application/vnd.api+json`.
        other if other.ends_with("+json") && !other.contains([' ', ',']) => {}
        _ => {
            return Err(RequestError::MediaType(
                "send the body as Content-Type: application/json",
            ));
        }
    }
    let charsets = parts
        .filter_map(|parameter| parameter.split_once('='))
        .filter(|(name, _)| name.trim_end().eq_ignore_ascii_case("charset"));
    for (_, charset) in charsets {
        let charset = charset.trim().trim_matches('"');
        if !charset.eq_ignore_ascii_case("utf-8") && !charset.eq_ignore_ascii_case("utf8") {
            return Err(RequestError::MediaType("send the body in UTF-8"));
        }
    }
    Ok(())
}

fn is_identity(value: &HeaderValue) -> bool {
    value
        .to_str()
        .is_ok_and(|text| text.trim().is_empty() || text.trim().eq_ignore_ascii_case("identity"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_one(content_type: &str, passes: bool) {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, content_type.parse().unwrap());
        assert_eq!(check(&headers).is_ok(), passes, "{content_type}");
    }

    #[test]
    fn json_in_utf_8_is_accepted() {
        for good in [
            "application/json",
            "Application/JSON",
            "application/json;charset=utf-8",
            "application/json; charset=\"UTF-8\"",
            "application/json ; charset = utf8; profile=x",
            "application/json;",
            "text/json",
            "Text/JSON; charset=Utf-8",
            "application/vnd.api+json",
            "application/Problem+JSON; charset=UTF-8",
            "",
            "; charset=utf-8",
        ] {
            check_one(good, true);
        }
        for bad in [
            "text/plain",
            "application/jsonx",
            "application/json, text/plain",
            "application/json; charset=latin1",
            "application/json; charset=utf-8; charset=utf-16",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "text/plain, application/vnd.api+json",
            "text/json; charset=utf-16",
            "; charset=latin1",
        ] {
            check_one(bad, false);
        }
    }

    #[test]
    fn a_body_without_a_type_is_accepted_and_one_with_an_unreadable_type_is_not() {
        let mut headers = HeaderMap::new();
        assert!(check(&headers).is_ok());
        headers.insert(CONTENT_TYPE, HeaderValue::from_bytes(b"\xff").unwrap());
        assert!(check(&headers).is_err());
    }

    #[test]
    fn compressed_bodies_are_rejected() {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("identity"));
        assert!(check(&headers).is_ok());
        headers.append(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        assert!(check(&headers).is_err());
    }

    #[test]
    fn two_content_types_are_rejected() {
        let mut headers = HeaderMap::new();
        headers.append(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.append(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        assert!(check(&headers).is_err());
    }
}
