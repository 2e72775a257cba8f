//! Names become addresses here, and only those that the policy admits.
//!
//! The connection is opened to exactly what this returns, so a name that leads elsewhere at every question (DNS
//! rebinding) gains nothing: there is no second question.

use std::net::SocketAddr;

use domain::webhooks::endpoint::AddressPolicy;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// The system's resolver behind a policy.
#[derive(Debug)]
pub(crate) struct GuardedResolver(pub(crate) AddressPolicy);

/// A name leads to addresses that may not be called, and to no other.
#[derive(Debug, thiserror::Error)]
#[error("the name leads to an address that may not be called")]
pub(super) struct ForbiddenAddress;

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let policy = self.0;
        Box::pin(async move {
            // The port is the connector's business; it puts in the URL's.
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            Ok(admitted(policy, found)?)
        })
    }
}

/// One forbidden address among good ones spoils the name: it is a trap or a mistake, and the next question might be
/// answered with that one alone.
fn admitted(policy: AddressPolicy, found: impl Iterator<Item = SocketAddr>) -> Result<Addrs, ForbiddenAddress> {
    let found: Vec<SocketAddr> = found.collect();
    if found.iter().all(|address| policy.admits(address.ip())) {
        Ok(Box::new(found.into_iter()))
    } else {
        Err(ForbiddenAddress)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(addresses: &[&str], expected: bool) {
        let found = addresses.iter().map(|text| SocketAddr::new(text.parse().unwrap(), 0));
        assert_eq!(admitted(AddressPolicy::PublicOnly, found).is_ok(), expected, "{addresses:?}");
    }

    #[test]
    fn a_name_is_as_good_as_the_worst_of_its_addresses() {
        check(&["93.184.216.34", "2606:4700::1111"], true);
        check(&["93.184.216.34", "127.0.0.1"], false);
        check(&["::ffff:169.254.169.254"], false);
    }
}
