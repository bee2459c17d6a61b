//! The addresses that are not public, from IANA's special-purpose registries, and those of cloud
//! metadata services.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{Ipv4Net, Ipv6Net};

const V4: [(Ipv4Net, &str); 18] = [
    (v4([0, 0, 0, 0], 8), "this network"),
    (v4([10, 0, 0, 0], 8), "private"),
    (v4([100, 64, 0, 0], 10), "carrier-grade NAT"),
    (v4([127, 0, 0, 0], 8), "loopback"),
    (v4([168, 63, 129, 16], 32), "cloud metadata"),
    (v4([169, 254, 0, 0], 16), "link-local, cloud metadata"),
    (v4([172, 16, 0, 0], 12), "private"),
    (v4([192, 0, 0, 0], 24), "protocol assignments"),
    (v4([192, 0, 2, 0], 24), "documentation"),
    (v4([192, 88, 99, 0], 24), "6to4 relay"),
    (v4([192, 168, 0, 0], 16), "private"),
    (v4([198, 18, 0, 0], 15), "benchmark"),
    (v4([198, 51, 100, 0], 24), "documentation"),
    (v4([203, 0, 113, 0], 24), "documentation"),
    (v4([224, 0, 0, 0], 4), "multicast"),
    (v4([233, 252, 0, 0], 24), "documentation"),
    (v4([255, 255, 255, 255], 32), "broadcast"),
    (v4([240, 0, 0, 0], 4), "reserved"),
];

/// A narrower range comes before the wider one that contains it, so that its name is reported.
const V6: [(Ipv6Net, &str); 18] = [
    (v6([0, 0, 0, 0, 0, 0, 0, 0], 128), "unspecified"),
    (v6([0, 0, 0, 0, 0, 0, 0, 1], 128), "loopback"),
    (v6([0, 0, 0, 0, 0, 0, 0, 0], 96), "IPv4-compatible"),
    (v6([0x64, 0xff9b, 1, 0, 0, 0, 0, 0], 48), "NAT64"),
    (v6([0x100, 0, 0, 0, 0, 0, 0, 0], 64), "discard"),
    (v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 32), "Teredo"),
    (v6([0x2001, 2, 0, 0, 0, 0, 0, 0], 48), "benchmark"),
    (
        v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 23),
        "protocol assignments",
    ),
    (v6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32), "documentation"),
    (v6([0x2002, 0, 0, 0, 0, 0, 0, 0], 16), "6to4"),
    (v6([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20), "documentation"),
    (v6([0x5f00, 0, 0, 0, 0, 0, 0, 0], 16), "SRv6"),
    (v6([0xfd00, 0xec2, 0, 0, 0, 0, 0, 0], 32), "cloud metadata"),
    (v6([0xfd20, 0xce, 0, 0, 0, 0, 0, 0], 32), "cloud metadata"),
    (v6([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7), "private"),
    (v6([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10), "link-local"),
    (v6([0xfec0, 0, 0, 0, 0, 0, 0, 0], 10), "site-local"),
    (v6([0xff00, 0, 0, 0, 0, 0, 0, 0], 8), "multicast"),
];

/// Prefixes whose addresses end in the IPv4 address that they stand for: mapped, translated, NAT64. Tunnels
/// (6to4, Teredo, ISATAP) and local NAT64 prefixes are refused whatever they contain.
const EMBEDDED: [Ipv6Net; 3] = [
    v6([0, 0, 0, 0, 0, 0xffff, 0, 0], 96),
    v6([0, 0, 0, 0, 0xffff, 0, 0, 0], 96),
    v6([0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96),
];

/// The only public part of IPv6, minus the ranges above.
const V6_PUBLIC: Ipv6Net = v6([0x2000, 0, 0, 0, 0, 0, 0, 0], 3);

/// The first groups of an ISATAP interface id (RFC 5214), which tunnels to the IPv4 address after them;
/// the "universal" bit may or may not be set.
const ISATAP: (u16, u16, u16) = (0x0000, 0x0200, 0x5efe);

/// Returns the IPv4 address that an IPv6 address stands for, or else the address.
pub(super) fn meant(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(v6) if EMBEDDED.iter().any(|net| net.contains(&v6)) => {
            let [.., a, b, c, d] = v6.octets();
            Ipv4Addr::new(a, b, c, d).into()
        }
        IpAddr::V4(_) | IpAddr::V6(_) => address,
    }
}

/// Returns the class of an address that is not public.
pub(super) fn refused(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => V4
            .iter()
            .find(|(net, _)| net.contains(&address))
            .map(|(_, class)| *class),
        IpAddr::V6(address) => V6
            .iter()
            .find(|(net, _)| net.contains(&address))
            .map(|(_, class)| *class)
            .or_else(|| (!V6_PUBLIC.contains(&address)).then_some("not global unicast"))
            .or_else(|| is_isatap(address).then_some("ISATAP")),
    }
}

fn is_isatap(address: Ipv6Addr) -> bool {
    let [_, _, _, _, first, second, ..] = address.segments();
    (first == ISATAP.0 || first == ISATAP.1) && second == ISATAP.2
}

const fn v4([a, b, c, d]: [u8; 4], prefix: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix)
}

const fn v6(groups: [u16; 8], prefix: u8) -> Ipv6Net {
    let [one, two, three, four, five, six, seven, eight] = groups;
    let address = Ipv6Addr::new(one, two, three, four, five, six, seven, eight);
    Ipv6Net::new_assert(address, prefix)
}
