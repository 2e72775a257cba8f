//! Who works with the seeded companies: one OAuth client for each kind of caller.

use anyhow::{Context, Result};
use domain::access::Grants;

/// A client's secret, drawn at the edge.
#[derive(Clone)]
pub struct ClientSecret {
    /// What the caller sends.
    pub text: String,
    /// What the store keeps of it.
    pub digest: Vec<u8>,
}

/// One kind of caller.
pub(crate) struct Persona {
    /// The key in `sandbox.json`.
    pub(crate) name: &'static str,
    /// Space-separated scopes; `*` stands for all of them.
    scopes: &'static str,
    /// Whether it speaks for the first host.
    pub(crate) is_host: bool,
    /// Whether a member of the company has its scopes, too.
    pub(crate) is_member: bool,
}

/// The callers of the large company.
pub(crate) const ACME: [Persona; 5] = [
    Persona {
        name: "anonymous",
        scopes: "availability:read forms:submit meetings:book",
        is_host: false,
        is_member: false,
    },
    Persona {
        name: "host",
        scopes: "availability:read meetings:read meetings:write contacts:read contacts.pii:read events:subscribe",
        is_host: true,
        is_member: true,
    },
    Persona {
        name: "ops",
        scopes: "availability:read meetings:read meetings:write contacts:read contacts.pii:read consent:read \
                 consent:write events:subscribe deliveries:read deliveries:manage integrations:read \
                 webhooks:read",
        is_host: false,
        is_member: true,
    },
    Persona { name: "admin", scopes: "*", is_host: false, is_member: true },
    Persona {
        name: "partner",
        scopes: "availability:read meetings:read events:subscribe",
        is_host: false,
        is_member: false,
    },
];

/// The callers of the small one: somebody whose ids must be worth nothing in the other.
pub(crate) const GLOBEX: [Persona; 1] =
    [Persona { name: "other_admin", scopes: "*", is_host: false, is_member: false }];

impl Persona {
    /// The scopes as a set.
    pub(crate) fn grants(&self) -> Result<Grants> {
        grants(self.scopes).with_context(|| format!("the scopes of the persona {}", self.name))
    }
}

/// Space-separated scopes as a set; `*` stands for all of them.
pub(crate) fn grants(scopes: &str) -> Result<Grants> {
    Ok(if scopes == "*" { Grants::all() } else { Grants::try_from(scopes.to_owned())? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ops_reads_everything_but_changes_no_settings() {
        let ops = ACME.iter().find(|persona| persona.name == "ops").unwrap().grants().unwrap();
        let all = Grants::all();
        let missing = all.iter().filter(|scope| !ops.allow(*scope)).map(domain::access::Scope::as_str);
        assert_eq!(
            missing.collect::<Vec<_>>(),
            [
                "availability:manage",
                "forms:submit",
                "meetings:book",
                "pages:manage",
                "routing:manage",
                "webhooks:manage",
                "clients:manage"
            ]
        );
    }
}
