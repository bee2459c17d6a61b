//! Chooses the encoding of a file.

/// An encoding that the page's build makes of its files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Encoding {
    /// Not encoded.
    Identity,
    Gzip,
    /// The smallest, so preferred at equal weights.
    Brotli,
}

impl Encoding {
    /// The encodings that the build writes as separate files.
    pub(super) const PRECOMPRESSED: [Self; 2] = [Self::Brotli, Self::Gzip];

    /// Returns its name in HTTP.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Gzip => "gzip",
            Self::Brotli => "br",
        }
    }

    /// Returns the suffix of its files.
    pub(super) const fn suffix(self) -> &'static str {
        match self {
            Self::Identity => "",
            Self::Gzip => ".gz",
            Self::Brotli => ".br",
        }
    }
}

/// Returns the best available encoding for an `Accept-Encoding`. If none is acceptable the file is sent
/// unencoded, as RFC 9110 allows.
pub(super) fn choose(accepted: &str, there: impl Iterator<Item = Encoding>) -> Encoding {
    there
        .map(|encoding| (weight(accepted, encoding), encoding))
        .filter(|(weight, _)| *weight > 0)
        .max()
        .map_or(Encoding::Identity, |(_, encoding)| encoding)
}

/// Returns the weight of an encoding, in thousandths.
fn weight(accepted: &str, encoding: Encoding) -> u16 {
    let named = |name: &str| {
        let mut listed = accepted.split(',').filter_map(coding);
        listed.find(|(coding, _)| coding.eq_ignore_ascii_case(name))
    };
    let listed = named(encoding.name()).or_else(|| named("*"));
    match listed {
        Some((_, weight)) => weight,
        // Unlisted identity is acceptable, but any listed encoding is better.
        None => u16::from(encoding == Encoding::Identity),
    }
}

/// Parses `gzip;q=0.5`. An invalid weight counts as 0.
fn coding(item: &str) -> Option<(&str, u16)> {
    let mut parts = item.split(';').map(str::trim);
    let name = parts.next().filter(|name| !name.is_empty())?;
    let weight = match parts.next() {
        None => 1_000,
        Some(part) => part
            .strip_prefix(['q', 'Q'])
            .and_then(|rest| rest.trim_start().strip_prefix('='))
            .and_then(|q| thousandths(q.trim()))
            .unwrap_or(0),
    };
    Some((name, weight))
}

fn thousandths(q: &str) -> Option<u16> {
    let (whole, part) = q.split_once('.').unwrap_or((q, ""));
    let digits = part.len() <= 3 && part.bytes().all(|b| b.is_ascii_digit());
    let part: u16 = format!("{part:0<3}").parse().ok().filter(|_| digits)?;
    match whole {
        "0" => Some(part),
        "1" if part == 0 => Some(1_000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_acceptable_and_available_encoding_is_chosen() {
        let all = [Encoding::Identity, Encoding::Gzip, Encoding::Brotli];
        for (accepted, there, chosen) in [
            ("gzip, deflate, br, zstd", &all[..], Encoding::Brotli),
            ("gzip, deflate, br", &all[..2], Encoding::Gzip),
            ("gzip, deflate, br", &all[..1], Encoding::Identity),
            ("br;q=0.5, gzip;q=0.9", &all, Encoding::Gzip),
            ("br;q=0.5, gzip;q=0.501", &all, Encoding::Gzip),
            ("BR ; Q = 1.000", &all, Encoding::Brotli),
            ("br;q=0, *", &all, Encoding::Gzip),
            ("*", &all, Encoding::Brotli),
            ("*;q=0.1, identity", &all, Encoding::Identity),
            ("identity, gzip;q=0.9", &all, Encoding::Identity),
            ("deflate", &all, Encoding::Identity),
            ("", &all, Encoding::Identity),
            // Nothing is acceptable.
            ("identity;q=0", &all, Encoding::Identity),
            ("*;q=0", &all, Encoding::Identity),
            // Invalid weights.
            ("br;q=2, gzip;q=0.1", &all, Encoding::Gzip),
            ("br;q=-1, gzip;q=0.1", &all, Encoding::Gzip),
            ("br;q=, gzip;q=0.1", &all, Encoding::Gzip),
            ("br;q=0.1234, gzip;q=0.1", &all, Encoding::Gzip),
            ("br;level=1, gzip;q=0.1", &all, Encoding::Gzip),
            (";;,,=", &all, Encoding::Identity),
        ] {
            let found = choose(accepted, there.iter().copied());
            assert_eq!(found, chosen, "{accepted:?} of {there:?}");
        }
    }
}
