//! How the schema changes: what tells two texts of it apart, and what that means for those who wrote documents against
//! the older one.
//!
//! The reading order: `surface` reads a text into what clients can see, `compare` walks two of them, `change` says what
//! kinds of difference there are and how grave each is, `excuse` lets go what was announced for long enough. The names
//! of the kinds are those of graphql-js, where it has one. Deliberately absent: whether anybody still uses what goes;
//! the two texts cannot tell.

mod change;
mod compare;
mod excuse;
mod surface;
#[cfg(test)]
mod tests;

use std::fmt;

use chrono::NaiveDate;
use serde::Serialize;

pub use self::change::{Change, Class, Kind};
use self::surface::Surface;
pub use self::surface::Unreadable;

/// What tells two schemas apart, the gravest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Comparison {
    /// Whether a change breaks clients without having been announced for long enough.
    pub refused: bool,
    /// The changes.
    pub changes: Vec<Change>,
}

/// What could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Incomparable {
    /// The older text.
    #[error("the old schema: {0}")]
    Old(Unreadable),
    /// The newer text.
    #[error("the new schema: {0}")]
    New(Unreadable),
}

/// Compares two texts in the schema definition language. `today` decides which deprecations have run out.
pub fn compare(old: &str, new: &str, today: NaiveDate) -> Result<Comparison, Incomparable> {
    let old = Surface::read(old).map_err(Incomparable::Old)?;
    let new = Surface::read(new).map_err(Incomparable::New)?;
    let mut changes = compare::all(&old, &new);
    excuse::apply(&mut changes, &old, today);
    changes.sort_by(|a, b| (a.class, &a.at, a.kind).cmp(&(b.class, &b.at, b.kind)));
    let refused = changes.iter().any(Change::is_refused);
    Ok(Comparison { refused, changes })
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for change in &self.changes {
            writeln!(f, "{change}")?;
        }
        let count = |class| self.changes.iter().filter(|change| change.class == class).count();
        let refused = self.changes.iter().filter(|change| change.is_refused()).count();
        writeln!(
            f,
            "{} breaking ({refused} not announced), {} dangerous, {} safe",
            count(Class::Breaking),
            count(Class::Dangerous),
            count(Class::Safe)
        )
    }
}
