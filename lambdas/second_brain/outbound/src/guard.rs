//! Which addresses a person may send us to.
//!
//! A name that a person typed may resolve to the metadata service, to the database's neighbour or to
//! this very machine, and may resolve differently a second later. So the check stands in the resolver
//! that the connector itself uses: what was checked is what is connected to, on every attempt. The
//! connector does not ask a resolver about literal addresses; `admits` has to be asked about those.

use std::collections::HashSet;
use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use hyper_util::client::legacy::connect::dns::Name;
use tower_service::Service;

/// Host names that may be anywhere, such as a calendar server of one's own; none as a rule.
#[derive(Debug, Clone, Default)]
pub struct Trust(Arc<HashSet<String>>);

impl Trust {
    /// From a comma-separated list.
    pub fn parse(hosts: &str) -> Self {
        let names = hosts.split(',').map(|host| host.trim().to_ascii_lowercase());
        Self(Arc::new(names.filter(|host| !host.is_empty()).collect()))
    }

    /// Whether a URL's host may be connected to at all; names are judged again when they resolve.
    pub fn admits(&self, host: &str) -> bool {
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        self.trusts(bare) || bare.parse::<IpAddr>().map_or(true, is_public)
    }

    fn trusts(&self, host: &str) -> bool {
        self.0.contains(&host.to_ascii_lowercase())
    }
}

#[derive(Debug, Clone)]
pub struct GuardedResolver(Trust);

impl GuardedResolver {
    pub fn new(trust: Trust) -> Self {
        Self(trust)
    }
}

type Addresses = std::vec::IntoIter<SocketAddr>;

impl Service<Name> for GuardedResolver {
    type Response = Addresses;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Addresses, io::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), io::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let trusted = self.0.trusts(name.as_str());
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let allowed: Vec<_> = found.filter(|address| trusted || is_public(address.ip())).collect();
            if allowed.is_empty() {
                return Err(io::Error::new(
                    io::ErrorKind::PermissionDenied,
                    "the host is not on the public internet",
                ));
            }
            Ok(allowed.into_iter())
        })
    }
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let shared = a == 100 && (64..128).contains(&b);
    let protocol_assignments = (a, b, c) == (192, 0, 0);
    let benchmarking = a == 198 && (b == 18 || b == 19);
    let relay = (a, b, c) == (192, 88, 99);
    !(a == 0
        || a >= 224
        || shared
        || protocol_assignments
        || benchmarking
        || relay
        || address.is_loopback()
        || address.is_private()
        || address.is_link_local()
        || address.is_documentation())
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    // Only 2000::/3 is global unicast. What is carved out of it, and what wraps an IPv4 address
    // (6to4, Teredo; mapped and NAT64 ones lie outside 2000::/3), is refused with the rest.
    let global_unicast = segments[0] & 0xe000 == 0x2000;
    let documentation = (segments[0] == 0x2001 && segments[1] == 0x0db8) || segments[0] == 0x3fff;
    let special = segments[0] == 0x2001 && segments[1] < 0x0200;
    global_unicast && !documentation && !special && segments[0] != 0x2002
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_addresses_are_refused_however_they_are_written() {
        for host in [
            "127.0.0.1",
            "10.0.0.1",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "198.18.0.1",
            "[::1]",
            "[::]",
            "[fd00::1]",
            "[fe80::1]",
            "[::ffff:127.0.0.1]",
            "[::ffff:a9fe:a9fe]",
            "[64:ff9b::7f00:1]",
            "[2002:7f00:1::]",
            "[2001:db8::1]",
            "[2001::1]",
            "[fec0::1]",
        ] {
            assert!(!Trust::default().admits(host), "{host}");
        }
    }

    #[test]
    fn public_addresses_and_names_are_admitted() {
        for host in ["93.184.215.14", "[2606:4700::6810:85e5]", "calendar.example.com"] {
            assert!(Trust::default().admits(host), "{host}");
        }
        assert!(Trust::parse("127.0.0.1, other").admits("127.0.0.1"));
    }

    #[tokio::test]
    async fn a_name_for_this_machine_does_not_resolve_unless_it_is_trusted() {
        let name = || "localhost".parse::<Name>().unwrap();
        let refused = GuardedResolver::new(Trust::default()).call(name()).await.unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::PermissionDenied);
        assert!(GuardedResolver::new(Trust::parse("localhost")).call(name()).await.is_ok());
    }
}
