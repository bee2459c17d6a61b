//! Refused requests of the page.

use hyper::StatusCode;

/// A status, and a message for the person at the page.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    pub(super) message: &'static str,
}

impl Refusal {
    pub(super) const NO_SUCH_PATH: Self = Self::new(StatusCode::NOT_FOUND, "no such path; open /");
    pub(super) const METHOD: Self = Self::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "use GET for the page and POST for /do",
    );
    pub(super) const HOST: Self = Self::new(
        StatusCode::FORBIDDEN,
        "open the page by IP address, such as http://127.0.0.1:7080/, not by host name",
    );
    pub(super) const ORIGIN: Self = Self::new(
        StatusCode::FORBIDDEN,
        "the request comes from another page; open the phone at its own URL",
    );
    pub(super) const CONTENT_TYPE: Self = Self::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "the content type must be application/json",
    );
    pub(super) const TOO_LARGE: Self = Self::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "the message is longer than 10,000 characters",
    );
    pub(super) const FULL: Self = Self::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "1,000 messages are waiting to be sent; try again later",
    );
    pub(super) const UNREADABLE: Self = Self::new(
        StatusCode::BAD_REQUEST,
        "the action is not one of say, file, type, read, edit and delete, or lacks a member",
    );
    pub(super) const NO_PERSON: Self =
        Self::new(StatusCode::NOT_FOUND, "no such person; reload the page");
    pub(super) const NO_TEXT: Self =
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "the message has no text");
    pub(super) const BAD_URL: Self = Self::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "the file needs an http:// or https:// URL of at most 2,048 bytes",
    );

    const fn new(status: StatusCode, message: &'static str) -> Self {
        Self { status, message }
    }
}
