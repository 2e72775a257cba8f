//! Where a request comes from: for limits of those who have not said who they are yet.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::extract::ConnectInfo;
use axum::http::{Extensions, HeaderMap};

/// The address of whoever sends, with so many proxies between them and us. Each of them adds the address that it was
/// called from at the end of `X-Forwarded-For`; what stands before those was written by the caller, and may be anything.
///
/// A household or a server has a whole network of IPv6 addresses (RFC 6177), so it counts as one.
pub(crate) fn caller(extensions: &Extensions, headers: &HeaderMap, proxies: usize) -> Option<IpAddr> {
    let peer = extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
    let address = if proxies == 0 { peer } else { forwarded(headers, proxies).or(peer) };
    address.map(|address| match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))),
        address @ IpAddr::V4(_) => address,
    })
}

fn forwarded(headers: &HeaderMap, proxies: usize) -> Option<IpAddr> {
    let lists = headers.get_all("x-forwarded-for").iter().filter_map(|list| list.to_str().ok());
    let written: Vec<&str> = lists.flat_map(|list| list.split(',')).map(str::trim).collect();
    let place = written.len().checked_sub(proxies)?;
    written.get(place)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn check(peer: &str, forwarded: &[&'static str], proxies: usize, expected: &str) {
        let (mut extensions, mut headers) = (Extensions::new(), HeaderMap::new());
        extensions.insert(ConnectInfo(SocketAddr::new(peer.parse().unwrap(), 1)));
        for list in forwarded {
            headers.append("x-forwarded-for", HeaderValue::from_static(list));
        }
        assert_eq!(caller(&extensions, &headers, proxies).unwrap().to_string(), expected);
    }

    #[test]
    fn what_a_caller_writes_is_believed_to_nobody() {
        check("192.0.2.1", &[], 0, "192.0.2.1");
        check("192.0.2.1", &["198.51.100.7"], 0, "192.0.2.1");
        check("192.0.2.1", &["203.0.113.9, 198.51.100.7"], 1, "198.51.100.7");
        check("192.0.2.1", &["203.0.113.9", "198.51.100.7, 10.0.0.1"], 2, "198.51.100.7");
        check("192.0.2.1", &["rubbish"], 1, "192.0.2.1");
        check("192.0.2.1", &["198.51.100.7"], 2, "192.0.2.1");
    }

    #[test]
    fn a_network_of_the_sixth_version_is_one_place() {
        check("2001:db8:1:2:3:4:5:6", &[], 0, "2001:db8:1:2::");
        check("::ffff:192.0.2.1", &[], 0, "192.0.2.1");
    }
}
