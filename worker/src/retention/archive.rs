//! A day's file: `WORKSPACE/2026-03-02.jsonl`, one event a line in its public form, in the order of the log.
//!
//! It is written beside its place and moved there when it is whole and safe on the disk, so whatever is there is whole.
//! A day that is already there is continued: a process may have died before it removed what it had archived.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::NaiveDate;
use domain::events::{Event, envelope};
use domain::ids::WorkspaceId;
use domain::operation::Edge;
use serde_json::Value;
use tokio::fs::{self, File};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, BufWriter};

/// A file that is being written.
pub(super) struct Archive {
    folder: PathBuf,
    place: PathBuf,
    partial: PathBuf,
    file: BufWriter<File>,
    /// The place in the log of the last line.
    last: i64,
    /// The length of the day's file that this one continues.
    known: u64,
}

impl Archive {
    /// Begins a day's file, with what is in it already.
    pub(super) async fn open(root: &Path, workspace: WorkspaceId, day: NaiveDate, edge: &Edge) -> io::Result<Self> {
        let folder = root.join(workspace.to_string());
        fs::create_dir_all(&folder).await?;
        let place = folder.join(format!("{day}.jsonl"));
        // Two workers never write the same file.
        let partial = folder.join(format!(".{day}.{}.partial", edge.correlation()));
        let file = BufWriter::new(File::create_new(&partial).await?);
        let mut archive = Self { folder, place, partial, file, last: 0, known: 0 };
        archive.copy_known().await?;
        Ok(archive)
    }

    async fn copy_known(&mut self) -> io::Result<()> {
        let known = match File::open(&self.place).await {
            Ok(known) => known,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        self.known = known.metadata().await?.len();
        let (mut lines, mut last) = (BufReader::new(known).lines(), None);
        while let Some(line) = lines.next_line().await? {
            self.file.write_all(line.as_bytes()).await?;
            self.file.write_all(b"\n").await?;
            last = Some(line);
        }
        if let Some(line) = last {
            let event: Value = serde_json::from_str(&line)?;
            let sequence = event["sequence"].as_i64();
            self.last = sequence.ok_or_else(|| io::Error::other("the last line of an archive is no event"))?;
        }
        Ok(())
    }

    /// Adds events, but for those that it has already.
    pub(super) async fn add(&mut self, events: &[Arc<Event>]) -> io::Result<()> {
        for event in events.iter().filter(|event| event.position > self.last) {
            self.file.write_all(envelope(event).to_string().as_bytes()).await?;
            self.file.write_all(b"\n").await?;
        }
        Ok(())
    }

    /// Ends it: the content is safe on the disk, under the name of a part.
    pub(super) async fn seal(&mut self) -> io::Result<()> {
        self.file.flush().await?;
        self.file.get_ref().sync_all().await
    }

    /// Makes it the day's file, unless that has grown since this one was begun: whether it is. Days only grow, so one of
    /// the same length is the same.
    pub(super) async fn publish(self) -> io::Result<bool> {
        let there = match fs::metadata(&self.place).await {
            Ok(there) => there.len(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
            Err(error) => return Err(error),
        };
        if there != self.known {
            return Ok(false);
        }
        fs::rename(&self.partial, &self.place).await?;
        File::open(&self.folder).await?.sync_all().await?;
        Ok(true)
    }
}

impl Drop for Archive {
    /// What was not published leaves everything as it was.
    fn drop(&mut self) {
        // Published, it has another name by now, and nothing is found under this one.
        let _ = std::fs::remove_file(&self.partial);
    }
}

#[cfg(test)]
mod tests {
    use domain::access::Actor;
    use domain::ids::{EntityId, IdSource};
    use serde_json::json;

    use super::*;

    fn event(position: i64) -> Arc<Event> {
        let event = json!({
            "id": "evt_00000000000000000000000001", "workspace": "wsp_00000000000000000000000001", "position": position,
            "fact": {"type": "contact_created", "contact": "con_00000000000000000000000007", "version": 1},
            "occurred_at": "2026-03-02T09:00:00Z", "actor": serde_json::to_value(Actor::System).unwrap(),
            "correlation": "c",
        });
        Arc::new(serde_json::from_value(event).unwrap())
    }

    /// A day's file in this folder with events up to a position, sealed.
    async fn begun(root: &Path, until: i64) -> Archive {
        let ids = IdSource::new(move |_| uuid::Uuid::from_u128(until.unsigned_abs().into()));
        let edge = Edge::new(|| chrono::DateTime::UNIX_EPOCH, ids);
        let workspace = WorkspaceId::from_uuid(uuid::Uuid::nil());
        let mut archive = Archive::open(root, workspace, NaiveDate::default(), &edge).await.unwrap();
        archive.add(&(1..=until).map(event).collect::<Vec<_>>()).await.unwrap();
        archive.seal().await.unwrap();
        archive
    }

    /// Two begin the day at once, with events up to these positions, and publish in this order; who may, and how many
    /// lines there are then.
    async fn check(first: i64, second: i64, expected: ((bool, bool), usize)) {
        let root = tempfile::tempdir().unwrap();
        let (one, two) = (begun(root.path(), first).await, begun(root.path(), second).await);
        let place = one.place.clone();
        let who = (one.publish().await.unwrap(), two.publish().await.unwrap());
        let lines = std::fs::read_to_string(&place).unwrap().lines().count();
        assert_eq!((who, lines), expected, "{first} before {second}");
        // Whoever comes later continues what is there.
        assert!(begun(root.path(), 9).await.publish().await.unwrap());
        assert_eq!(std::fs::read_to_string(&place).unwrap().lines().count(), 9);
        assert_eq!(std::fs::read_dir(place.parent().unwrap()).unwrap().count(), 1, "no part is left");
    }

    #[tokio::test]
    async fn nobody_replaces_a_file_that_he_has_not_read() {
        check(5, 3, ((true, false), 5)).await;
        check(3, 5, ((true, false), 3)).await;
    }
}
