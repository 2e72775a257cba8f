//! A fake's memory on disk: one line of JSON per request that changed something.
//!
//! A line is written before the request is answered, so `kill -9` loses nothing that a client was told. Rewriting the
//! whole state through a temporary file would be as safe, and slower with every record that is added.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Where changes are written; nowhere, for a fake that lives in memory only.
#[derive(Debug, Default)]
pub(super) struct Journal {
    file: Option<File>,
}

impl Journal {
    /// Opens or makes the file and reads the changes in it. A last line without its end is what a killed process left
    /// of a request that nobody saw answered: it is cut off.
    pub(super) fn open<C: DeserializeOwned>(path: &Path) -> io::Result<(Self, Vec<C>)> {
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        let text = std::fs::read(path)?;
        let whole = text.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
        file.set_len(u64::try_from(whole).map_err(io::Error::other)?)?;
        let mut changes = Vec::new();
        for line in text.get(..whole).unwrap_or_default().split(|&byte| byte == b'\n').filter(|line| !line.is_empty()) {
            let batch: Vec<C> = serde_json::from_slice(line)?;
            changes.extend(batch);
        }
        Ok((Self { file: Some(file) }, changes))
    }

    /// Writes the changes of one request.
    pub(super) fn append<C: Serialize>(&mut self, changes: &[C]) -> io::Result<()> {
        let Some(file) = self.file.as_mut().filter(|_| !changes.is_empty()) else { return Ok(()) };
        let mut line = serde_json::to_vec(changes)?;
        line.push(b'\n');
        file.write_all(&line)
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) -> io::Result<()> {
        self.file.as_mut().map_or(Ok(()), |file| file.set_len(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_torn_line_is_cut_off_and_the_rest_survives() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        std::fs::write(&path, "[1,2]\n[3]\n[4,").unwrap();
        let (mut journal, changes) = Journal::open::<u32>(&path).unwrap();
        assert_eq!(changes, [1, 2, 3]);
        journal.append(&[5]).unwrap();
        drop(journal);
        assert_eq!(Journal::open::<u32>(&path).unwrap().1, [1, 2, 3, 5]);
    }
}
