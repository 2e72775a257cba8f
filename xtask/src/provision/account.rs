//! The account that PostgreSQL runs under: it refuses to run as root.

use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

/// A user of this machine, by number.
#[derive(Debug, PartialEq, Clone, Copy)]
pub struct Account {
    user: u32,
    group: u32,
}

impl Account {
    /// Whom to become before starting a server that refuses root: `postgres` or `nobody`. `None` when we are not
    /// root and may stay who we are. `ours` is a folder that this process made; its owner tells who we are.
    pub fn for_servers(ours: &Path) -> Result<Option<Self>> {
        if !is_root(ours)? {
            return Ok(None);
        }
        let accounts = fs::read_to_string("/etc/passwd").context("cannot read /etc/passwd")?;
        let account = find(&accounts, "postgres").or_else(|| find(&accounts, "nobody"));
        account
            .context("PostgreSQL refuses to run as root, and there is no user `postgres` or `nobody` to run it")
            .map(Some)
    }

    /// Makes the child run as this user; the standard library drops root's other groups with it.
    pub fn apply(self, command: &mut Command) {
        command.uid(self.user).gid(self.group);
    }

    /// Hands a folder over to this user.
    pub fn own(self, folder: &Path) -> Result<()> {
        chown(folder, Some(self.user), Some(self.group))
            .with_context(|| format!("cannot hand over {}", folder.display()))
    }
}

/// Whether this process is root, told by the owner of a file that belongs to it.
pub fn is_root(ours: &Path) -> Result<bool> {
    Ok(fs::metadata(ours)?.uid() == 0)
}

fn find(passwd: &str, name: &str) -> Option<Account> {
    passwd.lines().find_map(|line| {
        let fields: Vec<&str> = line.split(':').collect();
        match fields[..] {
            [user_name, _, user, group, ..] if user_name == name => {
                Some(Account { user: user.parse().ok()?, group: group.parse().ok()? })
            }
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_found_by_its_whole_name() {
        let passwd = "root:x:0:0:root:/root:/bin/bash\npostgresql:x:7:7::/:/bin/sh\npostgres:x:101:104::/:/bin/sh\n";
        assert_eq!(find(passwd, "postgres"), Some(Account { user: 101, group: 104 }));
        assert_eq!(find(passwd, "nobody"), None);
    }
}
