//! Our own pages on which members sign in: what each is as an OAuth client, and the most it may do for a member.

use anyhow::{Context, Result};
use domain::access::Grants;

use crate::personas::grants;

/// A page.
pub(crate) struct Page {
    /// What members are told that they allow.
    pub(crate) name: &'static str,
    /// Where it is served, behind a slash.
    pub(crate) path: &'static str,
    /// Space-separated scopes; `*` stands for all of them.
    scopes: &'static str,
}

/// On GraphiQL and the playground anything can be asked.
pub(crate) const GRAPHIQL: Page = Page { name: "GraphiQL", path: "graphiql", scopes: "*" };
pub(crate) const PLAYGROUND: Page = Page { name: "Playground", path: "playground", scopes: "*" };

/// The console asks for what its documents need, as `SCOPES` in `web/console/scopes.js` has it.
pub(crate) const CONSOLE: Page = Page {
    name: "Console",
    path: "console",
    scopes: "availability:read meetings:read meetings:write contacts:read contacts.pii:read consent:read \
             events:subscribe deliveries:read deliveries:manage integrations:read",
};

impl Page {
    /// The scopes as a set.
    pub(crate) fn grants(&self) -> Result<Grants> {
        grants(self.scopes).with_context(|| format!("the scopes of the page {}", self.name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_console_may_do_in_the_sandbox_what_it_tells_operators_to_allow() {
        let script = include_str!("../../web/console/scopes.js");
        let told =
            script.lines().find_map(|line| line.strip_prefix("export const SCOPES = \"")?.strip_suffix("\";")).unwrap();
        assert_eq!(Grants::try_from(told.to_owned()).unwrap(), CONSOLE.grants().unwrap());
    }
}
