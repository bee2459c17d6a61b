//! URLs that the guard must refuse, and URLs that it must pass.

use super::*;
use crate::target::Target;

/// Addresses that are refused, by the class that the reason names.
const CLASSES: &[(&str, &str)] = &[
    ("this network", "0.0.0.0 0.1.2.3"),
    (
        "private",
        "10.0.0.0 10.255.255.255 172.16.0.1 172.31.255.255 192.168.0.1 192.168.255.255 [fc00::1] \
         [fd12:3456:789a::1]",
    ),
    (
        "carrier-grade NAT",
        "100.64.0.1 100.100.100.200 100.127.255.255",
    ),
    (
        "loopback",
        "127.0.0.1 127.255.255.254 [::1] [0:0:0:0:0:0:0:1] [::ffff:127.0.0.1] [::ffff:7f00:1] \
         [::FFFF:7F00:0001] [::ffff:0:127.0.0.1] [64:ff9b::127.0.0.1] [64:ff9b::7f00:1] \
         [0000:0000:0000:0000:0000:0000:0000:0001]",
    ),
    (
        "cloud metadata",
        "168.63.129.16 [fd00:ec2::254] [fd20:ce::254]",
    ),
    (
        "link-local, cloud metadata",
        "169.254.169.254 169.254.170.2 [::ffff:169.254.169.254] [64:ff9b::a9fe:a9fe]",
    ),
    (
        "protocol assignments",
        "192.0.0.192 [2001:10::1] [2001:20::1]",
    ),
    (
        "documentation",
        "192.0.2.1 198.51.100.7 203.0.113.9 [2001:db8::1] [3fff::1]",
    ),
    ("6to4 relay", "192.88.99.1"),
    ("benchmark", "198.18.0.1 198.19.255.255 [2001:2::1]"),
    ("multicast", "224.0.0.1 239.255.255.250 [ff02::1] [ff0e::1]"),
    ("reserved", "240.0.0.1"),
    ("broadcast", "255.255.255.255"),
    ("unspecified", "[::]"),
    ("IPv4-compatible", "[::127.0.0.1] [::7f00:1]"),
    ("NAT64", "[64:ff9b:1::10.0.0.1] [64:ff9b:1::8.8.8.8]"),
    ("Teredo", "[2001::1] [2001:0:4136:e378:8000:63bf:3fff:fdd2]"),
    ("6to4", "[2002:7f00:1::] [2002:a00:1::1]"),
    ("ISATAP", "[2600::5efe:10.0.0.1] [2600::200:5efe:7f00:1]"),
    ("link-local", "[fe80::1] [febf::1]"),
    ("site-local", "[fec0::1]"),
    ("discard", "[100::1]"),
    ("SRv6", "[5f00::1]"),
    ("not global unicast", "[4000::1]"),
];

/// Hosts that some program reads as an address, and malformed hosts and ports.
const AMBIGUOUS_HOSTS: &str = "
    2130706433 017700000001 0x7f000001 0X7F000001 0x7f.0.0.1 0177.0.0.1 0177.0.0.0x1 127.1 127.0.1 0
    0x 0x0 1.1.1.1.1 127.0.0.1. 127.0.0.01 127.000.000.001 8.8.8.010 example.com.123 4294967297
    256.256.256.256 127。0。0。1 ①②⑦.⓪.⓪.① 127%2e0%2e0%2e1 %31%32%37.0.0.1
    [fe80::1%eth0] [fe80::1%25eth0] [::1%25lo] [::1 ::1 [127.0.0.1] [[::1]] [] [v1.x]
    . .. .example.com example..com example.com.. *.example.com bücher.example
    user@example.com user:password@example.com user@example.com:80 user:password@example.com:80
    example.com@127.0.0.1 127.0.0.1@example.com 127.0.0.1:80@example.com :@example.com @example.com
    example.com\\@127.0.0.1 127.0.0.1\\.example.com
    example.com: example.com:99999 example.com:-1 example.com:80:80";

/// URLs with a refused address, malformed URLs, and URLs that are not HTTP.
const OTHER_URLS: &[&str] = &[
    "http://127.0.0.1:8080/x?y=z",
    "http://169.254.169.254/latest/meta-data/",
    "http:///etc/passwd",
    "http:/127.0.0.1/",
    "http://exa mple.com/",
    "http://example.com\t/",
    "http://example.com\r\nx:/",
    "",
    "/",
    "example.com",
    "//example.com/",
    "ftp://example.com/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:6379/",
    "unix:/var/run/docker.sock",
    "javascript:alert(1)",
    "ws://example.com/",
    " http://example.com/",
];

/// URLs that pass before their names are resolved.
const PASSED: &[&str] = &[
    "http://example.com/",
    "https://example.com",
    "HTTPS://EXAMPLE.COM:8443/hook?x=1#part",
    "https://example.com./",
    "https://a_b.example-1.com/",
    "https://xn--bcher-kva.example/",
    "https://123.example.com/",
    "https://0x7f.example.com/",
    "https://example.com/@127.0.0.1",
    "http://8.8.8.8/",
    "http://1.1.1.1:8080/",
    "http://100.63.255.255/",
    "http://172.32.0.1/",
    "http://192.0.1.1/",
    "http://223.255.255.255/",
    "http://[2606:4700:4700::1111]/",
    "http://[2a00:1450:4001::200e]:443/",
    "http://[2001:4860:4860::8888]/",
    "http://[::ffff:8.8.8.8]/",
    "http://[::ffff:0:8.8.8.8]/",
    "http://[64:ff9b::808:808]/",
];

fn check(allow: &[&str], url: &str) -> Result<(), Reason> {
    let guard = Guard::new(allow.iter().map(|text| text.parse().unwrap()).collect());
    let host = Target::parse(url)?.host;
    let addresses = match &host {
        Host::Address(address) => vec![*address],
        Host::Name(_) => Vec::new(),
    };
    guard.check(&host, addresses)
}

#[test]
fn every_special_address_is_refused_with_its_class() {
    for (class, hosts) in CLASSES {
        for host in hosts.split(' ') {
            match check(&[], &format!("http://{host}/")) {
                Err(Reason::AddressRefused { detail, .. }) => assert_eq!(detail, *class, "{host}"),
                other => panic!("{host}: {other:?}"),
            }
        }
    }
}

#[test]
fn ambiguous_hosts_and_other_urls_are_refused() {
    let hosts = AMBIGUOUS_HOSTS.split_whitespace();
    let urls = hosts.map(|host| format!("http://{host}/"));
    let urls = urls.chain(OTHER_URLS.iter().map(|&url| url.to_owned()));
    let passed: Vec<_> = urls.filter(|url| check(&[], url).is_ok()).collect();
    assert!(passed.is_empty(), "{passed:#?}");
}

#[test]
fn public_urls_pass() {
    for url in PASSED {
        assert_eq!(check(&[], url), Ok(()), "{url}");
    }
}

#[test]
fn a_name_is_checked_by_all_its_addresses() {
    let guard = Guard::new(Vec::new());
    let host = Host::Name("chat.example.com".to_owned());
    let check =
        |addresses: &[&str]| guard.check(&host, addresses.iter().map(|a| a.parse().unwrap()));
    assert_eq!(check(&["8.8.8.8", "2606:4700::1"]), Ok(()));
    let bad = "127.0.0.1 10.1.2.3 ::1 fd00::1 ::ffff:10.1.2.3 64:ff9b::a01:203";
    for bad in bad.split(' ') {
        for addresses in [vec![bad], vec!["8.8.8.8", bad], vec![bad, "8.8.8.8"]] {
            let Err(Reason::AddressRefused { address, .. }) = check(&addresses) else {
                panic!("{addresses:?}");
            };
            assert_eq!(address, bad, "{addresses:?}");
        }
    }
}

#[test]
fn an_exception_allows_only_itself() {
    for (allow, passes, refused) in [
        ("127.0.0.1/32", "http://127.0.0.1:9/", "http://127.0.0.2/"),
        ("127.0.0.1", "http://127.0.0.1/", "http://127.0.0.2/"),
        (
            "127.0.0.1/32",
            "http://[::ffff:127.0.0.1]/",
            "http://[::ffff:127.0.0.2]/",
        ),
        (
            "127.0.0.1/32",
            "http://[64:ff9b::127.0.0.1]/",
            "http://[2002:7f00:1::]/",
        ),
        (
            "::ffff:127.0.0.1",
            "http://[::ffff:127.0.0.1]/",
            "http://127.0.0.1/",
        ),
        (
            "64:ff9b::/96",
            "http://[64:ff9b::10.0.0.1]/",
            "http://10.0.0.1/",
        ),
        ("::1/128", "http://[::1]/", "http://[::2]/"),
        ("::1", "http://[0:0:0:0:0:0:0:1]/", "http://127.0.0.1/"),
        ("[::1]", "http://[::1]/", "http://[::]/"),
        (
            "10.0.0.0/8",
            "http://10.20.30.40/",
            "http://11.0.0.1.nip.io.1/",
        ),
        ("10.1.2.3/8", "http://10.20.30.40/", "http://172.16.0.1/"),
        (
            "0.0.0.0/0",
            "http://169.254.169.254/",
            "http://[fd00:ec2::254]/",
        ),
        ("::/0", "http://[fd00:ec2::254]/", "http://169.254.169.254/"),
        ("fd00::/8", "http://[fd12::1]/", "http://[fe80::1]/"),
        // An exception does not allow other spellings of the address.
        ("127.0.0.0/8", "http://127.0.0.1/", "http://127.1/"),
        ("127.0.0.0/8", "http://127.0.0.1/", "http://0x7f000001/"),
        ("127.0.0.0/8", "http://127.0.0.1/", "http://user@127.0.0.1/"),
    ] {
        assert_eq!(check(&[allow], passes), Ok(()), "{allow}");
        assert!(check(&[allow], refused).is_err(), "{allow}: {refused}");
    }
}

#[test]
fn an_allowed_name_may_resolve_to_any_address() {
    let guard = Guard::new(vec!["Chat.Corp.local.".parse().unwrap()]);
    let check = |name: &str| {
        let host = Host::parse(name).unwrap();
        guard.check(&host, ["10.0.0.1".parse().unwrap(), "::1".parse().unwrap()])
    };
    for name in ["chat.corp.local", "CHAT.corp.LOCAL", "chat.corp.local."] {
        assert_eq!(check(name), Ok(()), "{name}");
    }
    for name in [
        "corp.local",
        "x.chat.corp.local",
        "chat.corp.localx",
        "chat.corp.local.evil.example",
    ] {
        assert!(check(name).is_err(), "{name}");
    }
    // The name's address is not allowed without the name.
    assert!(check("10.0.0.1").is_err());
}

#[test]
fn invalid_entries_are_refused_by_their_text() {
    let bad = "10.0.0.0/33 10.0.0/8 * *.corp.local http://x x:80 127.1 ::1/129";
    for bad in bad.split(' ').chain(["", "a b"]) {
        let error = bad.parse::<Allow>().unwrap_err();
        assert_eq!(error.text, bad);
    }
    for (text, shown) in [
        ("10.1.2.3/8", "10.0.0.0/8"),
        ("::1", "::1/128"),
        ("A.b.", "a.b"),
    ] {
        assert_eq!(text.parse::<Allow>().unwrap().to_string(), shown);
    }
}

#[test]
fn the_reason_names_the_address_its_class_and_the_setting() {
    assert_eq!(
        check(&[], "http://169.254.169.254/")
            .unwrap_err()
            .to_string(),
        "the address 169.254.169.254 of 169.254.169.254 is not allowed (link-local, cloud metadata); \
         add it to egress.allow if it is intended"
    );
    // A password is not repeated.
    let refused = check(&[], "http://u:hunter2@example.com/").unwrap_err();
    assert!(!format!("{refused} {refused:?}").contains("hunter2"));
}
