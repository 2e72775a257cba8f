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
        let mut archive = Self { folder, place, partial, file, last: 0 };
        archive.copy_known().await?;
        Ok(archive)
    }

    async fn copy_known(&mut self) -> io::Result<()> {
        let known = match File::open(&self.place).await {
            Ok(known) => known,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
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

    /// Makes it the day's file: first the content is on the disk, then its name.
    pub(super) async fn publish(mut self) -> io::Result<()> {
        self.file.flush().await?;
        self.file.get_ref().sync_all().await?;
        fs::rename(&self.partial, &self.place).await?;
        File::open(&self.folder).await?.sync_all().await
    }
}

impl Drop for Archive {
    /// What was not published leaves everything as it was.
    fn drop(&mut self) {
        // Published, it has another name by now, and nothing is found under this one.
        let _ = std::fs::remove_file(&self.partial);
    }
}
