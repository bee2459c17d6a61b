//! Maps errors to HTTP statuses and problem documents.
//!
//! Problems are RFC 9457 documents. `type` is [`PROBLEM_TYPE`] followed by the code: an absolute
//! reference, as the RFC recommends, in a domain that never resolves (RFC 6761), because it names the
//! error and is not a page. `docs/errors.md` explains the codes. A rejection's `details` become members
//! of the document, such as `errors`.

use bytes::Bytes;
use chat::messenger::inbound::BODY_BYTES_MAX;
use chat::rejection::Code;
use http_body_util::Full;
use hyper::header::{ALLOW, CONNECTION, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use hyper::{Response, StatusCode};
use serde_json::{Map, Value};

use crate::body;
use crate::request_error::RequestError;

/// The prefix of a problem's `type`; the code follows.
pub const PROBLEM_TYPE: &str = "https://switchboard.invalid/errors#";

/// `Retry-After` of a 503, in seconds: a restart is budgeted 3 s (design, section 6).
const UNAVAILABLE_RETRY_SECS: u64 = 3;

/// `Retry-After` of a 429 from the router, and while `connect` is not answered, in seconds.
const SHORT_RETRY_SECS: u64 = 1;

/// The methods of the webhook path.
const METHODS: HeaderValue = HeaderValue::from_static("GET, POST");

/// An error response.
#[derive(Debug)]
pub(crate) struct Problem {
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    /// One sentence: what is wrong and what to do.
    detail: String,
    /// Members for programs.
    details: Map<String, Value>,
    /// `Retry-After`, in seconds.
    retry_after_secs: Option<u64>,
    /// Whether to close the connection, because the rest of the request is not read.
    close: bool,
}

impl Problem {
    fn new(code: Code, detail: impl Into<String>) -> Self {
        Self {
            status: StatusCode::from_u16(code.status())
                .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            code: code.as_str(),
            detail: detail.into(),
            details: Map::new(),
            retry_after_secs: if code == Code::Unavailable {
                Some(UNAVAILABLE_RETRY_SECS)
            } else {
                let is_short = matches!(code, Code::RateLimited | Code::ChannelConnecting);
                is_short.then_some(SHORT_RETRY_SECS)
            },
            close: false,
        }
    }

    fn closing(mut self) -> Self {
        self.close = true;
        self
    }

    /// The problem of a connection beyond the limit.
    pub(crate) fn too_many_connections() -> Self {
        Self::new(
            Code::Unavailable,
            "there are too many connections; close some, or retry later",
        )
        .closing()
    }

    /// Converts the problem into a response.
    pub(crate) fn into_response(self) -> Response<Full<Bytes>> {
        let mut response = Response::new(Full::new(self.document()));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        if let Some(secs) = self.retry_after_secs {
            headers.insert(RETRY_AFTER, HeaderValue::from(secs));
        }
        if self.status == StatusCode::METHOD_NOT_ALLOWED {
            headers.insert(ALLOW, METHODS);
        }
        if self.close {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }

    /// Writes the whole HTTP/1.1 response, for a connection that the HTTP server does not handle.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        let document = self.document();
        let retry_after = self
            .retry_after_secs
            .map_or_else(String::new, |secs| format!("retry-after: {secs}\r\n"));
        let head = format!(
            "HTTP/1.1 {}\r\ncontent-type: application/problem+json\r\ncontent-length: {}\r\n\
             connection: close\r\n{retry_after}\r\n",
            self.status,
            document.len()
        );
        [head.as_bytes(), &document].concat()
    }

    /// Adds the standard members last, so that no detail can replace one.
    fn document(&self) -> Bytes {
        let mut document = self.details.clone();
        let mut put = |name: &str, value: Value| document.insert(name.to_owned(), value);
        put("type", format!("{PROBLEM_TYPE}{}", self.code).into());
        put("title", title(self.code).into());
        put("status", self.status.as_u16().into());
        put("detail", self.detail.clone().into());
        put("code", self.code.into());
        Value::Object(document).to_string().into()
    }
}

/// Returns the code as a sentence, the same for every occurrence as RFC 9457 requires of a title.
fn title(code: &str) -> String {
    let mut words = code.replace('_', " ");
    if let Some(first) = words.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    words
}

impl From<&RequestError> for Problem {
    fn from(error: &RequestError) -> Self {
        match error {
            RequestError::NoSuchPath => Self::new(
                Code::NotFound,
                "there is nothing at this path; use the webhook URL from `connect`",
            ),
            RequestError::NoSuchChannelId => Self::new(
                Code::ChannelNotFound,
                "the path does not end in a channel id; use the webhook URL from `connect`",
            ),
            RequestError::NoSuchChannel => Self::new(
                Code::ChannelNotFound,
                "the channel does not exist or was deleted; ask an administrator to connect it",
            ),
            RequestError::Method => Self::new(
                Code::MethodNotAllowed,
                "POST an event of the messenger, or GET the channel's health",
            ),
            RequestError::MediaType(why) => Self::new(Code::UnsupportedMediaType, *why),
            RequestError::Body(error) => Self::from(error),
            RequestError::Untrusted(_) => Self::new(
                Code::Unauthorized,
                "the request's signature or token is missing or wrong; check the confirmation code, \
                 the clock, and whether the channel requires a signature",
            ),
            RequestError::RateLimited { retry_after_secs } => Self {
                retry_after_secs: Some(*retry_after_secs),
                ..Self::new(
                    Code::RateLimited,
                    format!("the channel exceeds its rate limit; retry in {retry_after_secs} s"),
                )
            },
            RequestError::Rejected(rejection) => Self {
                details: rejection.details.clone(),
                ..Self::new(rejection.code, rejection.message())
            },
            RequestError::Unavailable(_) | RequestError::Stale | RequestError::Deadline => {
                Self::new(
                    Code::Unavailable,
                    "the broker is unavailable and may not have stored the request; send it again \
                 unchanged",
                )
            }
        }
    }
}

impl From<&body::Error> for Problem {
    fn from(error: &body::Error) -> Self {
        match error {
            body::Error::TooLarge => Self::new(
                Code::TooLarge,
                format!("the body exceeds {BODY_BYTES_MAX} bytes; send less, or files by URL"),
            )
            .closing(),
            body::Error::TooSlow => Self::new(
                Code::RequestTimeout,
                "the body did not arrive in time; send it again",
            )
            .closing(),
            body::Error::TooManyLarge => Self::new(
                Code::Unavailable,
                "too many large bodies at once; send the request again",
            )
            .closing(),
            body::Error::Broken(_) => Self::new(
                Code::Malformed,
                "the body ended early, or its transfer coding is wrong",
            )
            .closing(),
        }
    }
}
