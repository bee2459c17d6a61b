//! The page: a phone in a browser. What it shows comes as server-sent events, what is done on it
//! goes back as JSON.

mod action;
mod guard;

use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::Incoming;
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use serde_json::json;

use super::compose::Composer;
use super::outbox::Queue;
use super::people::Person;
use super::screen::Screen;
use crate::clock;
use crate::exit::Result;
use crate::http;
use action::{Action, Refusal};

/// The most that is read of what the page says: the longest text, each character escaped.
const BODY_BYTES_MAX: usize = 128 * 1024;
/// Nothing but our own files runs or is loaded, and nobody puts the page into theirs.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                      img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The files: path, kind, content.
const FILES: [(&str, &str, &str); 6] = [
    ("/", "text/html", include_str!("page/index.html")),
    ("/app.js", "text/javascript", include_str!("page/app.js")),
    ("/view.js", "text/javascript", include_str!("page/view.js")),
    (
        "/words.js",
        "text/javascript",
        include_str!("page/words.js"),
    ),
    ("/style.css", "text/css", include_str!("page/style.css")),
    ("/icon.svg", "image/svg+xml", include_str!("page/icon.svg")),
];

type Answer = Response<UnsyncBoxBody<Bytes, Infallible>>;

/// The page's side of the messenger, one clone a request.
#[derive(Clone)]
pub(super) struct Page {
    screen: Screen,
    queue: Queue,
    /// One for each person. Held while one action is made into a request.
    composers: Arc<Mutex<Vec<Composer>>>,
}

impl Page {
    pub(super) fn new(screen: Screen, queue: Queue, people: &[Person]) -> Result<Self> {
        let composers = people.iter().map(|person| {
            let chance = clock::chance()?;
            Ok(Composer::new(person.clone(), false, chance))
        });
        Ok(Self {
            screen,
            queue,
            composers: Arc::new(Mutex::new(composers.collect::<Result<_>>()?)),
        })
    }

    pub(super) async fn handle(self, request: Request<Incoming>) -> Answer {
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

    /// What is on the phone, and whatever happens from now on.
    fn events(self, headers: &HeaderMap) -> Answer {
        let seen = headers.get("last-event-id");
        let seen = seen.and_then(|value| value.to_str().ok());
        let body = StreamBody::new(self.screen.stream(seen)).boxed_unsync();
        answer(StatusCode::OK, "text/event-stream", body)
    }

    /// Does what somebody did on the page.
    fn act(&self, body: &[u8]) -> std::result::Result<(), Refusal> {
        let action = Action::read(body)?;
        if action.is_passing() && !self.screen.phone().is_idle() {
            return Ok(());
        }
        let item = {
            let mut composers = self
                .composers
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            action.request(&mut composers, clock::now())?
        };
        match self.queue.try_put(item) {
            Ok(true) => Ok(()),
            // Nobody reads the terminal any more: the messenger is about to end.
            Ok(false) | Err(_) => Err(Refusal::FULL),
        }
    }
}

fn done() -> Answer {
    whole(StatusCode::OK, "application/json", "{}".into())
}

fn refused(refusal: &Refusal) -> Answer {
    let body = json!({ "error": refusal.words }).to_string();
    whole(refusal.status, "application/json", body.into())
}

fn whole(status: StatusCode, kind: &'static str, body: Bytes) -> Answer {
    answer(status, kind, Full::new(body).boxed_unsync())
}

fn answer(
    status: StatusCode,
    kind: &'static str,
    body: UnsyncBoxBody<Bytes, Infallible>,
) -> Answer {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let always: [(HeaderName, &'static str); 5] = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    for (name, value) in always {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
}
