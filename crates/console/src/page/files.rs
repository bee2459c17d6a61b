//! The files of the page, each with its precompressed encodings.

use std::borrow::Cow;
use std::collections::BTreeMap;

use bytes::Bytes;
use data_encoding::HEXLOWER;
use hyper::header::HeaderValue;
use rust_embed::Embed;
use sha2::{Digest as _, Sha256};

use super::encoding::{Encoding, choose};

/// The output of `./just web`; empty if it has not run.
#[derive(Embed)]
#[folder = "web/dist"]
#[allow_missing = true]
struct Built;

/// The folder of files with a content hash in their name; they never change.
const HASHED: &str = "assets/";

/// Files by their path without the leading slash.
#[derive(Debug)]
pub(super) struct Files(BTreeMap<String, File>);

/// One file.
#[derive(Debug)]
pub(super) struct File {
    pub(super) kind: &'static str,
    /// Whether it never changes.
    pub(super) hashed: bool,
    variants: Vec<Variant>,
}

/// A file in one encoding.
#[derive(Debug)]
pub(super) struct Variant {
    pub(super) encoding: Encoding,
    pub(super) body: Bytes,
    pub(super) tag: HeaderValue,
}

impl Files {
    /// Returns the embedded files. Dot files belong to the build.
    pub(super) fn built() -> Self {
        let bytes = |name: &str| match Built::get(name)?.data {
            Cow::Borrowed(data) => Some(Bytes::from_static(data)),
            Cow::Owned(data) => Some(Bytes::from(data)),
        };
        let names = Built::iter().filter(|name| !name.starts_with('.'));
        let all = names.filter_map(|name| Some((name.to_string(), bytes(&name)?)));
        Self::of(&all.collect())
    }

    /// Groups files; `x.br` and `x.gz` are encodings of `x`.
    pub(super) fn of(all: &BTreeMap<String, Bytes>) -> Self {
        let is_encoding = |name: &str| {
            let original = |one: Encoding| name.strip_suffix(one.suffix());
            let mut originals = Encoding::PRECOMPRESSED.into_iter().filter_map(original);
            originals.any(|original| all.contains_key(original))
        };
        let originals = all.iter().filter(|(name, _)| !is_encoding(name));
        let files = originals.map(|(name, body)| {
            let beside = |encoding: Encoding| {
                let body = all.get(&format!("{name}{}", encoding.suffix()))?;
                Some(Variant::new(encoding, body.clone()))
            };
            let mut variants = vec![Variant::new(Encoding::Identity, body.clone())];
            variants.extend(Encoding::PRECOMPRESSED.into_iter().filter_map(beside));
            let file = File {
                kind: kind(name),
                hashed: name.starts_with(HASHED),
                variants,
            };
            (name.clone(), file)
        });
        Self(files.collect())
    }

    pub(super) fn get(&self, name: &str) -> Option<&File> {
        self.0.get(name)
    }

    #[cfg(test)]
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

impl File {
    /// Returns whether the response depends on `Accept-Encoding`.
    pub(super) fn varies(&self) -> bool {
        self.variants.len() > 1
    }

    /// Returns the best variant for an `Accept-Encoding`.
    pub(super) fn variant(&self, accepted: &str) -> Option<&Variant> {
        let there = self.variants.iter().map(|variant| variant.encoding);
        let chosen = choose(accepted, there);
        (self.variants.iter()).find(|variant| variant.encoding == chosen)
    }
}

impl Variant {
    /// Each encoding has its own tag, because its bytes differ.
    fn new(encoding: Encoding, body: Bytes) -> Self {
        let hash = HEXLOWER.encode(&Sha256::digest(&body));
        let tag = HeaderValue::try_from(format!("\"{hash}\""));
        Self {
            encoding,
            tag: tag.unwrap_or(HeaderValue::from_static("\"\"")),
            body,
        }
    }
}

/// Returns the media type for a file name. Browsers may not guess it (`nosniff`).
pub(super) fn kind(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "html" => super::HTML,
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" => super::JSON,
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "webp" => "image/webp",
        "ico" => "image/vnd.microsoft.icon",
        "woff2" => "font/woff2",
        "mp3" => "audio/mpeg",
        "ogg" => "audio/ogg",
        "wav" => "audio/wav",
        "txt" => super::TEXT,
        _ => "application/octet-stream",
    }
}
