//! The phone in a browser: updates are server-sent events, actions are JSON requests.

mod action;
mod guard;
mod refusal;

use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::Incoming;
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use jiff::Timestamp;
use serde_json::json;

use crate::composer::Composer;
use crate::http;
use crate::outbox::Queue;
use crate::people::Person;
use crate::screen::Screen;
use action::Action;
use refusal::Refusal;

/// The largest action: the longest text with every character escaped.
const BODY_BYTES_MAX: usize = 128 * 1024;
/// Allows only the page's own files, and forbids other pages to embed it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                      img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The files: path, content type, content.
const FILES: [(&str, &str, &str); 6] = [
    ("/", "text/html", include_str!("page/index.html")),
    ("/app.js", "text/javascript", include_str!("page/app.js")),
    ("/view.js", "text/javascript", include_str!("page/view.js")),
    (
        "/texts.js",
        "text/javascript",
        include_str!("page/texts.js"),
    ),
    ("/style.css", "text/css", include_str!("page/style.css")),
    ("/icon.svg", "image/svg+xml", include_str!("page/icon.svg")),
];

type Reply = Response<UnsyncBoxBody<Bytes, Infallible>>;

/// The page; cloned for each request.
#[derive(Clone)]
pub(crate) struct Page {
    screen: Screen,
    queue: Queue,
    /// One per person. Locked while an action is turned into a request.
    composers: Arc<Mutex<Vec<Composer>>>,
}

impl Page {
    pub(crate) fn new(screen: Screen, queue: Queue, people: &[Person]) -> Self {
        let composers = people.iter().cloned();
        let composers = composers.map(|person| Composer::new(person, false));
        Self {
            screen,
            queue,
            composers: Arc::new(Mutex::new(composers.collect())),
        }
    }

    pub(crate) async fn handle(self, request: Request<Incoming>) -> Reply {
        let (head, body) = request.into_parts();
        if let Err(refusal) = guard::check(&head) {
            return refused(&refusal);
        }
        match (&head.method, head.uri.path()) {
            (&Method::GET, "/events") => self.events(&head.headers),
            (&Method::POST, "/do") => match http::read(body, BODY_BYTES_MAX).await {
                Ok(body) => self.act(&body).map_or_else(|r| refused(&r), |()| done()),
                Err(_) => refused(&Refusal::TOO_LARGE),
            },
            (&Method::GET, path) => match FILES.iter().find(|file| file.0 == path) {
                Some((_, kind, text)) => whole(StatusCode::OK, kind, (*text).into()),
                None => refused(&Refusal::NO_SUCH_PATH),
            },
            _ => refused(&Refusal::METHOD),
        }
    }

    /// The state of the phone, then its changes.
    fn events(self, headers: &HeaderMap) -> Reply {
        let seen = headers.get("last-event-id");
        let seen = seen.and_then(|value| value.to_str().ok());
        let body = StreamBody::new(self.screen.stream(seen)).boxed_unsync();
        reply(StatusCode::OK, "text/event-stream", body)
    }

    /// Performs an action.
    fn act(&self, body: &[u8]) -> Result<(), Refusal> {
        let action = Action::read(body)?;
        if action.is_transient() && !self.screen.phone().is_idle() {
            return Ok(());
        }
        let item = {
            let mut composers = self
                .composers
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            action.request(&mut composers, Timestamp::now())?
        };
        match self.queue.try_put(item) {
            Ok(true) => Ok(()),
            // An error means that stdout is closed and that the program is about to exit.
            Ok(false) | Err(_) => Err(Refusal::FULL),
        }
    }
}

fn done() -> Reply {
    whole(StatusCode::OK, "application/json", "{}".into())
}

fn refused(refusal: &Refusal) -> Reply {
    let body = json!({ "error": refusal.message }).to_string();
    whole(refusal.status, "application/json", body.into())
}

fn whole(status: StatusCode, kind: &'static str, body: Bytes) -> Reply {
    reply(status, kind, Full::new(body).boxed_unsync())
}

fn reply(status: StatusCode, kind: &'static str, body: UnsyncBoxBody<Bytes, Infallible>) -> Reply {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers: [(HeaderName, &'static str); 5] = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    for (name, value) in headers {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
}
