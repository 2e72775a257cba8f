//! Old events are archived, then go; what is still needed stays.

use std::fs;
use std::path::Path;

use chrono::TimeDelta;
use domain::events::{Event, Fact, envelope};
use domain::ids::{ContactId, EntityId};
use persistence::deliveries::{discard, find_delivery};
use persistence::events::{append, horizon};
use serde_json::Value;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use worker::{Retention, Worker};

use crate::crm::never;
use crate::dead_letters::replay;
use crate::story::Story;

/// Ninety days are kept, older events are archived in this folder.
fn archiving(story: &mut Story) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let archive = Some(folder.path().to_owned());
    story.worker.config.retention = Some(Retention { keep: TimeDelta::days(90), archive });
    folder
}

async fn retire(worker: &Worker) -> u64 {
    worker.retire_old_events(&CancellationToken::new()).await.unwrap()
}

async fn horizon_of(story: &Story) -> i64 {
    horizon(&story.worker.stores.database.reader(story.workspace)).await.unwrap()
}

/// The events of a day's file.
fn archived(story: &Story, folder: &TempDir, day: &str) -> Vec<Value> {
    let text = fs::read_to_string(place(story, folder.path(), day)).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn place(story: &Story, folder: &Path, day: &str) -> std::path::PathBuf {
    folder.join(story.workspace.to_string()).join(format!("{day}.jsonl"))
}

/// The files of the workspace, those too that are being written.
fn files(story: &Story, folder: &TempDir) -> Vec<String> {
    let found = fs::read_dir(folder.path().join(story.workspace.to_string())).unwrap();
    let mut names: Vec<_> = found.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort_unstable();
    names
}

fn envelopes(events: &[Event]) -> Vec<Value> {
    events.iter().map(envelope).collect()
}

/// Appends so many facts in one transaction.
async fn append_many(story: &Story, count: usize) {
    let (tx, contact) = (story.begin().await, ContactId::from_uuid(uuid::Uuid::from_u128(1)));
    for _ in 0..count {
        let fact = Fact::FormSubmitted { submission: story.worker.edge.new_id(), contact };
        append(&tx, &story.operation(), &fact).await.unwrap();
    }
    tx.commit().await.unwrap();
}

pub async fn old_events_are_archived_and_go(mut story: Story) {
    let folder = archiving(&mut story);
    let ada = story.meet("Ada").await;
    story.drain().await;
    story.advance(TimeDelta::days(1));
    let ada = story.rename(&ada, "Ada L").await;
    story.drain().await;
    story.advance(TimeDelta::days(1));
    let ada = story.rename(&ada, "Ada Lovelace").await;
    story.drain().await;
    let whole = story.events().await;
    assert_eq!(whole.len(), 6, "three changes and their receipts");

    // The second day is exactly as old as may be.
    story.advance(TimeDelta::days(89));
    assert_eq!(retire(&story.worker).await, 2);
    assert_eq!((story.events().await, horizon_of(&story).await), (whole[2..].to_vec(), 3));
    assert_eq!(archived(&story, &folder, "2026-03-02"), envelopes(&whole[..2]));

    story.advance(TimeDelta::days(2));
    assert_eq!(retire(&story.worker).await, 4);
    assert_eq!((story.events().await, horizon_of(&story).await), (Vec::new(), 7));
    assert_eq!(archived(&story, &folder, "2026-03-03"), envelopes(&whole[2..4]));
    assert_eq!(files(&story, &folder), ["2026-03-02.jsonl", "2026-03-03.jsonl", "2026-03-04.jsonl"]);
    assert_eq!(retire(&story.worker).await, 0);

    // The log goes on where it was.
    story.rename(&ada, "Countess").await;
    story.drain().await;
    assert_eq!(story.events().await[0].position, 7);
}

pub async fn what_a_delivery_needs_stays_until_it_is_done(mut story: Story) {
    let folder = archiving(&mut story);
    story.meet("Ada").await;
    story.crm.answers("contact Ada", [never()]);
    story.meet("Bob").await;
    story.drain().await;
    let whole = story.events().await;
    let [dead] = &story.dead_letters().await[..] else { panic!("one dead letter") };
    append_many(&story, 1).await;

    story.advance(TimeDelta::days(91));
    assert_eq!(retire(&story.worker).await, 2, "Bob and his receipt");
    assert_eq!(story.events().await, whole[..1], "Ada's letter is not settled");
    assert_eq!(horizon_of(&story).await, 4);
    assert_eq!(archived(&story, &folder, "2026-03-02"), envelopes(&whole));

    replay(&story, dead.id).await;
    assert_eq!(story.drain().await.last().unwrap(), "contact Ada");
    let reader = story.worker.stores.database.reader(story.workspace);
    assert!(find_delivery(&reader, dead.id).await.unwrap().is_some());
    // The one that had no place yet is old too, now that it has one.
    assert_eq!(retire(&story.worker).await, 2);
    let [receipt] = &story.events().await[..] else { panic!("the receipt of today") };
    assert_eq!((receipt.position, horizon_of(&story).await), (5, 5));
}

pub async fn what_was_discarded_holds_nothing_back(mut story: Story) {
    let folder = archiving(&mut story);
    story.meet("Ada").await;
    story.crm.answers("contact Ada", [never()]);
    story.drain().await;
    let [dead] = &story.dead_letters().await[..] else { panic!("one dead letter") };
    let tx = story.begin().await;
    discard(&tx, dead.id, "she is gone", story.now()).await.unwrap();
    tx.commit().await.unwrap();
    story.advance(TimeDelta::days(91));
    assert_eq!(retire(&story.worker).await, 1);
    assert_eq!((story.events().await, files(&story, &folder)), (Vec::new(), vec!["2026-03-02.jsonl".to_owned()]));
}

pub async fn a_long_day_goes_in_batches_and_is_one_file(mut story: Story) {
    let folder = archiving(&mut story);
    append_many(&story, 1_100).await;
    story.drain().await;
    let whole = story.events().await;
    story.advance(TimeDelta::days(91));
    assert_eq!(retire(&story.worker).await, 1_100);
    assert_eq!(archived(&story, &folder, "2026-03-02"), envelopes(&whole));
}

pub async fn two_who_retire_at_once_lose_nothing(mut story: Story) {
    let folder = archiving(&mut story);
    append_many(&story, 1_100).await;
    story.drain().await;
    let whole = story.events().await;
    story.advance(TimeDelta::days(91));
    let (one, two) = (story.worker.clone(), story.worker.clone());
    let (one, two) = tokio::join!(tokio::spawn(async move { retire(&one).await }), retire(&two));
    assert_eq!(one.unwrap() + two + retire(&story.worker).await, 1_100);
    assert_eq!(archived(&story, &folder, "2026-03-02"), envelopes(&whole));
    assert_eq!(files(&story, &folder), ["2026-03-02.jsonl"]);
}

/// Their clocks differ, so one of them takes for old what the other does not yet.
pub async fn two_who_disagree_about_the_time_lose_nothing(mut story: Story) {
    let folder = archiving(&mut story);
    append_many(&story, 600).await;
    story.drain().await;
    story.advance(TimeDelta::hours(2));
    append_many(&story, 600).await;
    story.drain().await;
    let whole = story.events().await;
    story.advance(TimeDelta::days(90) - TimeDelta::hours(1));
    let (one, mut two) = (story.worker.clone(), story.worker.clone());
    if let Some(retention) = &mut two.config.retention {
        retention.keep = TimeDelta::days(89);
    }
    let (one, _) = tokio::join!(tokio::spawn(async move { retire(&one).await }), retire(&two));
    one.unwrap();
    let left = story.events().await;
    let gone = whole.len() - left.len();
    assert!(gone >= 600, "{gone}");
    assert_eq!(left, whole[gone..]);
    let kept = archived(&story, &folder, "2026-03-02");
    assert!(kept.len() >= gone, "{} archived, {gone} gone", kept.len());
    assert_eq!(kept, envelopes(&whole[..kept.len()]));
}

pub async fn an_archive_that_was_begun_is_continued(mut story: Story) {
    let folder = archiving(&mut story);
    append_many(&story, 3).await;
    story.drain().await;
    let whole = story.events().await;
    // As a process leaves it that dies after the file and before the removal.
    let place = place(&story, folder.path(), "2026-03-02");
    fs::create_dir_all(place.parent().unwrap()).unwrap();
    fs::write(&place, format!("{}\n{}\n", envelope(&whole[0]), envelope(&whole[1]))).unwrap();
    story.advance(TimeDelta::days(91));
    assert_eq!(retire(&story.worker).await, 3);
    assert_eq!(archived(&story, &folder, "2026-03-02"), envelopes(&whole));
}

pub async fn what_cannot_be_archived_stays(mut story: Story) {
    let folder = archiving(&mut story);
    append_many(&story, 3).await;
    story.drain().await;
    // A file stands where the workspace's folder should be.
    fs::write(folder.path().join(story.workspace.to_string()), "").unwrap();
    story.advance(TimeDelta::days(91));
    let refused = story.worker.retire_old_events(&CancellationToken::new()).await.unwrap_err();
    assert!(refused.to_string().starts_with("the archive cannot be written: "), "{refused}");
    assert_eq!((story.events().await.len(), horizon_of(&story).await), (3, 1));
}
