//! Programs that tests and benches need, and Debian's packages for them. Installed only when missing and only by root.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use super::{account, postgres};
use crate::machine;

/// Something that a test run needs to find on the machine.
pub struct Need {
    what: &'static str,
    packages: &'static [&'static str],
    is_there: fn() -> bool,
}

pub const POSTGRES: Need =
    Need { what: "PostgreSQL", packages: &["postgresql"], is_there: || postgres::programs().is_some() };

pub const REDIS: Need =
    Need { what: "Redis", packages: &["redis-server"], is_there: || machine::program("redis-server").is_some() };

/// Debian splits the parts that make a virtual environment off into a package of their own.
pub const PYTHON: Need = Need {
    what: "Python 3 with venv",
    packages: &["python3", "python3-venv"],
    is_there: || {
        let mut probe = Command::new("python3");
        probe.args(["-c", "import venv, ensurepip"]).stdout(Stdio::null()).stderr(Stdio::null());
        probe.status().is_ok_and(|status| status.success())
    },
};

/// Node runs the tests of the browser apps; its own test runner came with release 20.
pub const NODE: Need = Need {
    what: "Node 20 or newer",
    packages: &["nodejs"],
    is_there: || {
        let probe = Command::new("node").arg("--version").output();
        probe.is_ok_and(|answer| major(&answer.stdout).is_some_and(|major| major >= 20))
    },
};

/// npm fetches the packages that let other people's clients talk to us. Debian has it apart from Node.
pub const NPM: Need = Need {
    what: "npm",
    packages: &["npm"],
    is_there: || {
        let probe = Command::new("npm").arg("--version").output();
        probe.is_ok_and(|answer| answer.status.success())
    },
};

/// A real browser, for the pages that sign people in and keep to a strict content policy.
pub const CHROMIUM: Need =
    Need { what: "Chromium", packages: &["chromium"], is_there: || machine::program("chromium").is_some() };

/// `v20.20.2` → 20.
fn major(version: &[u8]) -> Option<u32> {
    std::str::from_utf8(version).ok()?.trim().strip_prefix('v')?.split('.').next()?.parse().ok()
}

/// Sees to it that everything is there, or says in one sentence what is missing.
pub fn install_missing(needs: &[Need]) -> Result<()> {
    let missing = not_there(needs);
    if missing.is_empty() {
        return Ok(());
    }
    let packages: Vec<&str> = missing.iter().flat_map(|need| need.packages).copied().collect();
    let instruction = sentence(&missing, &packages);
    if machine::program("apt-get").is_none() || !account::is_root(Path::new("/proc/self"))? {
        bail!(instruction);
    }
    println!("Installing {} ...", packages.join(", "));
    apt_get(&["update"]).context(instruction.clone())?;
    apt_get(&[&["install", "-y"], &packages[..]].concat()).context(instruction)?;
    match not_there(needs).first() {
        Some(need) => bail!("{} is still missing after the installation of {}", need.what, need.packages.join(", ")),
        None => Ok(()),
    }
}

fn not_there(needs: &[Need]) -> Vec<&Need> {
    needs.iter().filter(|need| !(need.is_there)()).collect()
}

fn sentence(missing: &[&Need], packages: &[&str]) -> String {
    let what: Vec<&str> = missing.iter().map(|need| need.what).collect();
    format!(
        "this needs {}: install it (Debian: `apt-get install {}`), or run this as root and it is installed for you",
        what.join(" and "),
        packages.join(" ")
    )
}

fn apt_get(arguments: &[&str]) -> Result<()> {
    let status = Command::new("apt-get").args(arguments).env("DEBIAN_FRONTEND", "noninteractive").status()?;
    if !status.success() {
        bail!("apt-get {} failed ({status})", arguments.join(" "));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const THERE: Need = Need { what: "The sky", packages: &["sky"], is_there: || true };
    const ABSENT: Need = Need { what: "Rain", packages: &["rain", "clouds"], is_there: || false };

    #[test]
    fn a_release_of_node_is_told_by_its_first_number() {
        assert_eq!(major(b"v20.20.2\n"), Some(20));
        assert_eq!(major(b"no such thing"), None);
    }

    #[test]
    fn nothing_is_installed_when_everything_is_there() {
        install_missing(&[THERE]).unwrap();
    }

    #[test]
    fn the_sentence_names_what_is_missing_and_how_to_get_it() {
        let needs = [THERE, ABSENT];
        let missing = not_there(&needs);
        assert_eq!(
            sentence(&missing, &["rain", "clouds"]),
            "this needs Rain: install it (Debian: `apt-get install rain clouds`), or run this as root and it is \
             installed for you"
        );
    }
}
