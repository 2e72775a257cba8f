//! Which addresses may be called: the defence against endpoints that point back into our own network (SSRF).
//!
//! A URL is checked when an endpoint is made, and every address again at the moment a connection is opened, because a
//! name may lead elsewhere by then. Only what is known to be public passes: the registries of special-purpose
//! addresses (RFC 6890, <https://www.iana.org/assignments/iana-ipv6-special-registry>) are refused as a whole.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

/// A URL longer than this is a mistake.
const URL_LENGTH_MAX: usize = 2048;

/// Names that belong to private networks, with everything below them.
const PRIVATE_NAMES: [&str; 11] =
    ["localhost", "local", "localdomain", "internal", "intranet", "lan", "home", "corp", "private", "arpa", "onion"];

/// Special-purpose IPv4 networks: address, length of the prefix.
const SPECIAL_V4: [(Ipv4Addr, u32); 16] = [
    (Ipv4Addr::UNSPECIFIED, 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    // The metadata services of most clouds live here.
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    (Ipv4Addr::new(240, 0, 0, 0), 4),
    // Azure's platform service: a public address that answers inside only.
    (Ipv4Addr::new(168, 63, 129, 16), 32),
];

/// Special-purpose networks inside IPv6's public range, 2000::/3: protocol assignments with Teredo, documentation,
/// 6to4, documentation again.
const SPECIAL_V6: [(Ipv6Addr, u32); 4] = [
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];

/// Which addresses may be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AddressPolicy {
    /// Public ones, over https.
    #[default]
    PublicOnly,
    /// Any, over http too: for a sandbox, or for tests on one machine.
    AllowPrivate,
}

/// Why a URL may not be called. Never repeats it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressRefusal {
    /// It is none.
    #[error("This is not an absolute URL of at most {URL_LENGTH_MAX} characters.")]
    NotAUrl,
    /// Its scheme.
    #[error("An endpoint is reached over https.")]
    Scheme,
    /// A user name or a password in it.
    #[error("A URL must not hold a user name or a password; use a custom header.")]
    Credentials,
    /// A fragment in it.
    #[error("A URL must not hold a fragment.")]
    Fragment,
    /// Its port.
    #[error("An endpoint's port is 443, or above 1023.")]
    Port,
    /// Its host.
    #[error("The host is not a public one.")]
    Host,
}

impl AddressPolicy {
    /// Checks a URL as far as it says by itself where it leads. Numbers in any of the spellings that programs take for
    /// an IPv4 address (decimal, octal, hexadecimal, with parts left out) are read as one, as the WHATWG says.
    pub fn check_url(self, text: &str) -> Result<Url, AddressRefusal> {
        let url = Url::parse(text).ok().filter(|_| text.len() <= URL_LENGTH_MAX).ok_or(AddressRefusal::NotAUrl)?;
        let is_open = self == Self::AllowPrivate;
        if url.scheme() != "https" && !(is_open && url.scheme() == "http") {
            return Err(AddressRefusal::Scheme);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(AddressRefusal::Credentials);
        }
        if url.fragment().is_some() {
            return Err(AddressRefusal::Fragment);
        }
        if !is_open && url.port().is_some_and(|port| port < 1024) {
            return Err(AddressRefusal::Port);
        }
        let is_admitted = match url.host().ok_or(AddressRefusal::NotAUrl)? {
            Host::Domain(name) => is_open || is_public_name(name),
            Host::Ipv4(address) => self.admits(address.into()),
            Host::Ipv6(address) => self.admits(address.into()),
        };
        if is_admitted { Ok(url) } else { Err(AddressRefusal::Host) }
    }

    /// Whether a connection to this address may be opened.
    pub fn admits(self, address: IpAddr) -> bool {
        self == Self::AllowPrivate
            || match address {
                IpAddr::V4(address) => is_public_v4(address),
                IpAddr::V6(address) => is_public_v6(address),
            }
    }
}

fn is_public_name(name: &str) -> bool {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    let Some((_, last)) = name.rsplit_once('.') else { return false };
    !PRIVATE_NAMES.contains(&last)
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let is_in =
        |&(network, length): &(Ipv4Addr, u32)| (address.to_bits() ^ network.to_bits()).leading_zeros() >= length;
    !SPECIAL_V4.iter().any(is_in)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    // An IPv4 address in another dress (RFC 4291 §2.5.5.2, RFC 6052 §2.1) is judged as what it is.
    if let Some(inner) = address.to_ipv4_mapped().or_else(|| translated(address)) {
        return is_public_v4(inner);
    }
    let is_in =
        |&(network, length): &(Ipv6Addr, u32)| (address.to_bits() ^ network.to_bits()).leading_zeros() >= length;
    address.to_bits() >> 125 == 1 && !SPECIAL_V6.iter().any(is_in)
}

/// The IPv4 address behind NAT64's well-known prefix, 64:ff9b::/96.
fn translated(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let prefix = Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0).to_bits() >> 32;
    let [.., a, b, c, d] = address.octets();
    (address.to_bits() >> 32 == prefix).then(|| Ipv4Addr::new(a, b, c, d))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(texts: &[&str], expected: Result<(), AddressRefusal>) {
        for text in texts {
            assert_eq!(AddressPolicy::PublicOnly.check_url(text).map(drop), expected, "{text}");
        }
    }

    #[test]
    fn public_hosts_pass() {
        let texts = ["https://partner.example/hook?a=b", "https://93.184.216.34:8443/", "https://[2606:4700::1111]/x"];
        check(&texts, Ok(()));
        check(&["https://[::ffff:93.184.216.34]/", "https://[64:ff9b::5db8:d822]/"], Ok(()));
    }

    #[test]
    fn the_form_of_a_url_is_checked() {
        check(&["", "/hook", "partner.example"], Err(AddressRefusal::NotAUrl));
        check(&[&format!("https://partner.example/{}", "x".repeat(2048))], Err(AddressRefusal::NotAUrl));
        check(&["http://partner.example", "ftp://partner.example", "file:///etc/passwd"], Err(AddressRefusal::Scheme));
        check(&["https://user@partner.example", "https://:pw@partner.example"], Err(AddressRefusal::Credentials));
        check(&["https://partner.example/#x"], Err(AddressRefusal::Fragment));
        check(&["https://partner.example:22/", "https://partner.example:0/"], Err(AddressRefusal::Port));
    }

    #[test]
    fn what_is_not_public_is_refused_in_every_spelling() {
        let numbers = ["127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0x7f.1", "0", "10.1.2.3"];
        let others =
            ["[::1]", "[::]", "[fe80::1]", "[fd00:ec2::254]", "[::ffff:127.0.0.1]", "[::127.0.0.1]", "[ff02::1]"];
        let tunnels = ["[64:ff9b::7f00:1]", "[64:ff9b:1::1]", "[2002:7f00:1::]", "[2001::1]", "[2001:db8::1]"];
        let names = ["localhost", "LOCALHOST.", "a.localhost", "metadata.google.internal", "db", "printer.local"];
        for host in numbers.iter().chain(&others).chain(&tunnels).chain(&names) {
            check(&[&format!("https://{host}/")], Err(AddressRefusal::Host));
        }
    }

    #[test]
    fn both_ends_of_a_network_are_refused_and_their_neighbours_pass() {
        let check = |text: &str, expected| {
            assert_eq!(AddressPolicy::PublicOnly.admits(text.parse().unwrap()), expected, "{text}");
        };
        for (first, last, before, after) in [
            ("10.0.0.0", "10.255.255.255", "9.255.255.255", "11.0.0.0"),
            ("100.64.0.0", "100.127.255.255", "100.63.255.255", "100.128.0.0"),
            ("169.254.0.0", "169.254.255.255", "169.253.255.255", "169.255.0.0"),
            ("172.16.0.0", "172.31.255.255", "172.15.255.255", "172.32.0.0"),
            ("192.168.0.0", "192.168.255.255", "192.167.255.255", "192.169.0.0"),
            ("198.18.0.0", "198.19.255.255", "198.17.255.255", "198.20.0.0"),
            ("168.63.129.16", "168.63.129.16", "168.63.129.15", "168.63.129.17"),
        ] {
            check(first, false);
            check(last, false);
            check(before, true);
            check(after, true);
        }
        for special in ["224.0.0.1", "255.255.255.255", "0.1.2.3", "192.0.2.1", "198.51.100.9", "203.0.113.1", "100::1"]
        {
            check(special, false);
        }
        assert!(AddressPolicy::AllowPrivate.admits("127.0.0.1".parse().unwrap()));
    }

    #[test]
    fn a_sandbox_may_call_its_own_machine() {
        let check = |text: &str, expected| assert_eq!(AddressPolicy::AllowPrivate.check_url(text).map(drop), expected);
        check("http://127.0.0.1:9/hook", Ok(()));
        check("http://u:p@127.0.0.1:9/hook", Err(AddressRefusal::Credentials));
        check("ftp://127.0.0.1/hook", Err(AddressRefusal::Scheme));
    }
}
