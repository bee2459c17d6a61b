//! The only place where an error becomes a status.
//!
//! Problems are RFC 9457 documents. `type` is [`PROBLEM_TYPE`] followed by the code, an absolute
//! reference as the RFC recommends, in a domain that never resolves (RFC 6761): it names the error, it
//! is not a page. The words for people are in `docs/errors.md` under the same code. What `details` a
//! rejection has are members of the document, such as `errors`.

use bytes::Bytes;
use chat::messenger::inbound::BODY_BYTES_MAX;
use chat::rejection::Code;
use http_body_util::Full;
use hyper::header::{ALLOW, CONNECTION, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use hyper::{Response, StatusCode};
use serde_json::{Map, Value};

use crate::body;
use crate::refusal::Refusal;

/// What stands before the code in a problem's `type`.
pub const PROBLEM_TYPE: &str = "https://switchboard.invalid/errors#";

/// When to try again after a 503, in seconds. A restart is budgeted 3 s (design, section 6).
const UNAVAILABLE_RETRY_SECS: u64 = 3;

/// When to try again where the router refuses for the rate without saying when, in seconds.
const RATE_RETRY_SECS: u64 = 1;

/// The methods of the one path that there is.
const METHODS: HeaderValue = HeaderValue::from_static("GET, POST");

/// A refusal as the sender sees it.
#[derive(Debug)]
pub(crate) struct Problem {
    /// The status.
    pub(crate) status: StatusCode,
    /// The stable code.
    pub(crate) code: &'static str,
    /// What is wrong and what to do, in one sentence.
    detail: String,
    /// Members for programs.
    details: Map<String, Value>,
    /// `Retry-After`, in seconds.
    retry_after_secs: Option<u64>,
    /// Whether the connection ends, because what is left of the request is not wanted.
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
            retry_after_secs: match code {
                Code::Unavailable => Some(UNAVAILABLE_RETRY_SECS),
                Code::RateLimited => Some(RATE_RETRY_SECS),
                _ => None,
            },
            close: false,
        }
    }

    fn closing(mut self) -> Self {
        self.close = true;
        self
    }

    /// More connections than there is room for.
    pub(crate) fn crowded() -> Self {
        Self::new(
            Code::Unavailable,
            "there are too many connections; close some, or try again later",
        )
        .closing()
    }

    /// The answer to send.
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

    /// The whole answer as HTTP/1.1 says it, for a connection that is not given to the HTTP server.
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

    /// The standard members are put in last: no detail can pose as one of them.
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

/// The code in words, the same for every occurrence, as RFC 9457 wants a title.
fn title(code: &str) -> String {
    let mut words = code.replace('_', " ");
    if let Some(first) = words.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    words
}

impl From<&Refusal> for Problem {
    fn from(refusal: &Refusal) -> Self {
        match refusal {
            Refusal::NoSuchPath => Self::new(
                Code::NotFound,
                "there is nothing here; use the webhook URL that `connect` named",
            ),
            Refusal::NoSuchChannelId => Self::new(
                Code::ChannelNotFound,
                "the path does not end in a channel id; use the webhook URL that `connect` named",
            ),
            Refusal::NoSuchChannel => Self::new(
                Code::ChannelNotFound,
                "there is no such channel, or it was deleted; ask an administrator to connect it",
            ),
            Refusal::Method => Self::new(
                Code::MethodNotAllowed,
                "POST what the messenger has to say, or GET the channel's state",
            ),
            Refusal::MediaType(why) => Self::new(Code::UnsupportedMediaType, *why),
            Refusal::Body(error) => Self::from(error),
            Refusal::Untrusted(_) => Self::new(
                Code::Unauthorized,
                "the request does not prove that it is the messenger's; check the confirmation \
                 code and the clock",
            ),
            Refusal::RateLimited { retry_after_secs } => Self {
                retry_after_secs: Some(*retry_after_secs),
                ..Self::new(
                    Code::RateLimited,
                    format!("the channel sends too fast; send again in {retry_after_secs} s"),
                )
            },
            Refusal::Rejected(rejection) => Self {
                details: rejection.details.clone(),
                ..Self::new(rejection.code, rejection.message())
            },
            Refusal::Unavailable(_) | Refusal::Stale | Refusal::Deadline => Self::new(
                Code::Unavailable,
                "the broker cannot answer now; nothing is promised, send the same again",
            ),
        }
    }
}

impl From<&body::Error> for Problem {
    fn from(error: &body::Error) -> Self {
        match error {
            body::Error::TooLarge => Self::new(
                Code::TooLarge,
                format!("the body is over {BODY_BYTES_MAX} bytes; send less, or name files by URL"),
            )
            .closing(),
            body::Error::TooSlow => Self::new(
                Code::RequestTimeout,
                "the body did not come in time; send it again",
            )
            .closing(),
            body::Error::Crowded => Self::new(
                Code::Unavailable,
                "too many large bodies are being read; send the same again",
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
