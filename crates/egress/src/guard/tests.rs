//! A corpus of URLs that the guard must refuse.

use super::*;
use crate::target::Target;

/// URLs whose host says already that it is refused, each in a spelling that some program takes.
const REFUSED: &[&str] = &[
    // IPv4, as it should be written: every range, its first, some middle and its last.
    "http://0.0.0.0/",
    "http://0.1.2.3/",
    "http://10.0.0.0/",
    "http://10.255.255.255/",
    "http://100.64.0.1/",
    "http://100.100.100.200/",
    "http://100.127.255.255/",
    "http://127.0.0.1/",
    "http://127.0.0.1:8080/x?y=z",
    "http://127.255.255.254/",
    "http://168.63.129.16/",
    "http://169.254.169.254/latest/meta-data/",
    "http://169.254.170.2/",
    "http://172.16.0.1/",
    "http://172.31.255.255/",
    "http://192.0.0.192/",
    "http://192.0.2.1/",
    "http://192.88.99.1/",
    "http://192.168.0.1/",
    "http://192.168.255.255/",
    "http://198.18.0.1/",
    "http://198.19.255.255/",
    "http://198.51.100.7/",
    "http://203.0.113.9/",
    "http://224.0.0.1/",
    "http://239.255.255.250/",
    "http://240.0.0.1/",
    "http://255.255.255.255/",
    // IPv4, as inet_aton and browsers read it.
    "http://2130706433/",
    "http://017700000001/",
    "http://0x7f000001/",
    "http://0X7F000001/",
    "http://0x7f.0.0.1/",
    "http://0177.0.0.1/",
    "http://0177.0.0.0x1/",
    "http://127.1/",
    "http://127.0.1/",
    "http://0/",
    "http://0x/",
    "http://0x0/",
    "http://1.1.1.1.1/",
    "http://127.0.0.1./",
    "http://127.0.0.01/",
    "http://127.000.000.001/",
    "http://8.8.8.010/",
    "http://example.com.123/",
    "http://4294967297/",
    "http://256.256.256.256/",
    "http://127。0。0。1/",
    "http://①②⑦.⓪.⓪.①/",
    "http://127%2e0%2e0%2e1/",
    "http://%31%32%37.0.0.1/",
    // IPv6: every range, and every way to write an IPv4 address in it.
    "http://[::]/",
    "http://[::1]/",
    "http://[0:0:0:0:0:0:0:1]/",
    "http://[0000:0000:0000:0000:0000:0000:0000:0001]/",
    "http://[::127.0.0.1]/",
    "http://[::7f00:1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/",
    "http://[::FFFF:7F00:0001]/",
    "http://[0:0:0:0:0:ffff:10.0.0.1]/",
    "http://[::ffff:169.254.169.254]/",
    "http://[::ffff:8.8.8.8]/",
    "http://[::ffff:0:127.0.0.1]/",
    "http://[64:ff9b::127.0.0.1]/",
    "http://[64:ff9b::7f00:1]/",
    "http://[64:ff9b:1::10.0.0.1]/",
    "http://[100::1]/",
    "http://[2001::1]/",
    "http://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/",
    "http://[2001:2::1]/",
    "http://[2001:10::1]/",
    "http://[2001:20::1]/",
    "http://[2001:db8::1]/",
    "http://[2002:7f00:1::]/",
    "http://[2002:a00:1::1]/",
    "http://[2600::5efe:10.0.0.1]/",
    "http://[2600::200:5efe:7f00:1]/",
    "http://[3fff::1]/",
    "http://[5f00::1]/",
    "http://[4000::1]/",
    "http://[fc00::1]/",
    "http://[fd00:ec2::254]/",
    "http://[fd20:ce::254]/",
    "http://[fd12:3456:789a::1]/",
    "http://[fe80::1]/",
    "http://[febf::1]/",
    "http://[fec0::1]/",
    "http://[ff02::1]/",
    "http://[ff0e::1]/",
    // Zones, brackets and what stands where a host should.
    "http://[fe80::1%eth0]/",
    "http://[fe80::1%25eth0]/",
    "http://[::1%25lo]/",
    "http://[::1/",
    "http://::1/",
    "http://[127.0.0.1]/",
    "http://[[::1]]/",
    "http://[]/",
    "http://[v1.x]/",
    "http:///etc/passwd",
    "http:/127.0.0.1/",
    "http://./",
    "http://../",
    "http://.example.com/",
    "http://example..com/",
    "http://example.com../",
    "http://exa mple.com/",
    "http://example.com\t/",
    "http://example.com\r\nx:/",
    "http://*.example.com/",
    "http://bücher.example/",
    // Users and passwords, also as a disguise.
    "http://user@example.com/",
    "http://user:password@example.com/",
    "http://user@example.com:80/",
    "http://user:password@example.com:80/",
    "http://example.com@127.0.0.1/",
    "http://127.0.0.1@example.com/",
    "http://127.0.0.1:80@example.com/",
    "http://:@example.com/",
    "http://@example.com/",
    "http://example.com\\@127.0.0.1/",
    "http://127.0.0.1\\.example.com/",
    // Ports that are none.
    "http://example.com:/",
    "http://example.com:99999/",
    "http://example.com:-1/",
    "http://example.com:80:80/",
    // Not HTTP.
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

/// URLs that are fine as far as it shows without resolving them.
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
fn every_url_of_the_corpus_is_refused() {
    assert!(REFUSED.len() >= 60);
    let through: Vec<_> = REFUSED
        .iter()
        .filter(|url| check(&[], url).is_ok())
        .collect();
    assert!(through.is_empty(), "{through:#?}");
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
    for bad in [
        "127.0.0.1",
        "10.1.2.3",
        "::1",
        "fd00::1",
        "::ffff:8.8.8.8",
        "64:ff9b::808:808",
    ] {
        for addresses in [vec![bad], vec!["8.8.8.8", bad], vec![bad, "8.8.8.8"]] {
            assert!(
                matches!(check(&addresses), Err(Reason::AddressRefused { address, .. }) if address == bad.parse::<IpAddr>().unwrap().to_string()),
                "{addresses:?}"
            );
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
        // What is allowed is an address, not one of its odd spellings.
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
    for bad in [
        "",
        "10.0.0.0/33",
        "10.0.0/8",
        "*",
        "*.corp.local",
        "http://x",
        "a b",
        "x:80",
        "127.1",
        "::1/129",
    ] {
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
