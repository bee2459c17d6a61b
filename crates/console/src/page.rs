//! The console page: its files, and `/config.json` with the address of the WebSocket.

mod encoding;
mod files;
mod headers;
#[cfg(test)]
mod tests;

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{ACCEPT_ENCODING, CONTENT_ENCODING, ETAG, HOST, IF_NONE_MATCH, VARY};
use hyper::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderMap, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use serde::Serialize;

use crate::websocket::Websocket;
use encoding::Encoding;
use files::{File, Files};

const HTML: &str = "text/html; charset=utf-8";
const JSON: &str = "application/json";
const TEXT: &str = "text/plain; charset=utf-8";
/// The file served at `/`.
const INDEX: &str = "index.html";
/// The file served at `/` in a build without the page.
const NOT_BUILT: &[u8] = include_bytes!("page/not_built.html");
/// Caches revalidate on each use.
const CHECKED: &str = "no-cache";
/// One year, the longest that caches honour.
const IMMUTABLE: &str = "public, max-age=31536000, immutable";

/// What the page needs before sign-in.
#[derive(Clone, Debug)]
pub(crate) struct Public {
    /// The workspace's name, which is part of every subject.
    pub(crate) workspace: String,
    /// The WebSocket of NATS.
    pub(crate) websocket: Websocket,
    /// The origins that NATS accepts; empty if NATS is external and they are unknown.
    pub(crate) origins: Vec<String>,
}

/// The body of `/config.json`.
#[derive(Serialize)]
struct PageConfig<'a> {
    workspace: &'a str,
    websocket: String,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    origins: &'a [String],
}

/// The files and the configuration that are served.
#[derive(Debug)]
pub(crate) struct Page {
    files: Files,
    public: Public,
}

impl Page {
    /// Returns the embedded page, or one that says how to build it.
    pub(crate) fn built(public: Public) -> Self {
        let mut files = Files::built();
        if files.get(INDEX).is_none() {
            files = Files::of(&[(INDEX.to_owned(), Bytes::from_static(NOT_BUILT))].into());
        }
        Self { files, public }
    }

    /// Handles a request; its body is ignored.
    pub(crate) fn answer<B>(&self, request: &Request<B>) -> Response<Full<Bytes>> {
        let asked = request.headers();
        let name = match request.uri().path() {
            "/" => INDEX,
            path => path.strip_prefix('/').unwrap_or_default(),
        };
        let file = self.files.get(name);
        if file.is_none() && name != "config.json" {
            return plain(StatusCode::NOT_FOUND, "Not found; try /\n");
        }
        if request.method() != Method::GET && request.method() != Method::HEAD {
            let mut response = plain(StatusCode::METHOD_NOT_ALLOWED, "Method not allowed\n");
            let headers = response.headers_mut();
            headers.insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
            return response;
        }
        match file {
            Some(file) => self.file(file, asked),
            None => self.config(asked),
        }
    }

    /// Serves `/config.json` for the request's host name.
    fn config(&self, asked: &HeaderMap) -> Response<Full<Bytes>> {
        let config = PageConfig {
            workspace: &self.public.workspace,
            websocket: self.public.websocket.url(host(asked)),
            origins: &self.public.origins,
        };
        let config = serde_json::json!(config).to_string();
        respond(StatusCode::OK, JSON, config.into(), None)
    }

    fn file(&self, file: &File, asked: &HeaderMap) -> Response<Full<Bytes>> {
        let Some(variant) = file.variant(&accepted(asked)) else {
            return plain(StatusCode::NOT_FOUND, "Not found; try /\n");
        };
        let source = || self.public.websocket.source(host(asked));
        let policy = (file.kind == HTML).then(source);
        let policy = policy.and_then(|source| headers::policy(&source));
        let mut response = if is_known(asked, &variant.tag) {
            respond(StatusCode::NOT_MODIFIED, file.kind, Bytes::new(), policy)
        } else {
            respond(StatusCode::OK, file.kind, variant.body.clone(), policy)
        };
        let headers = response.headers_mut();
        headers.insert(ETAG, variant.tag.clone());
        if file.hashed {
            headers.insert(CACHE_CONTROL, HeaderValue::from_static(IMMUTABLE));
        }
        if file.varies() {
            headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
        }
        if variant.encoding != Encoding::Identity {
            let name = HeaderValue::from_static(variant.encoding.name());
            headers.insert(CONTENT_ENCODING, name);
        }
        response
    }
}

/// Returns the request's host.
fn host(asked: &HeaderMap) -> Option<&str> {
    asked.get(HOST)?.to_str().ok()
}

/// Joins the `Accept-Encoding` headers.
fn accepted(asked: &HeaderMap) -> String {
    let all = asked.get_all(ACCEPT_ENCODING).into_iter();
    let readable: Vec<&str> = all.filter_map(|value| value.to_str().ok()).collect();
    readable.join(",")
}

/// Returns whether the browser has the file with this tag. Proxies that re-encode weaken tags.
fn is_known(asked: &HeaderMap, tag: &HeaderValue) -> bool {
    let lists = asked.get_all(IF_NONE_MATCH).into_iter();
    let mut tags = lists
        .filter_map(|list| list.to_str().ok())
        .flat_map(|list| list.split(','))
        .map(|one| one.trim().trim_start_matches("W/"));
    tags.any(|one| one == "*" || one.as_bytes() == tag.as_bytes())
}

fn plain(status: StatusCode, text: &'static str) -> Response<Full<Bytes>> {
    respond(status, TEXT, Bytes::from_static(text.as_bytes()), None)
}

fn respond(
    status: StatusCode,
    kind: &'static str,
    body: Bytes,
    policy: Option<HeaderValue>,
) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers::protect(headers, policy);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(CHECKED));
    response
}
