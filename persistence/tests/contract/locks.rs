//! Locks of transactions that nobody ends. SQLite has one writer within the process, and no peer that could vanish.

use std::time::{Duration, Instant};

use persistence::StoreError;

use crate::store::Store;

/// A process that is stopped, or whose machine is gone, leaves a transaction that nobody continues.
#[tokio::test]
async fn a_transaction_that_nobody_continues_gives_its_locks_back() {
    let store = Store::on_postgres().await;
    let abandoned = store.database.begin_system().await.unwrap();
    assert!(abandoned.try_lock("relay").await.unwrap());
    let begun = Instant::now();
    loop {
        let tx = store.database.begin_system().await.unwrap();
        if tx.try_lock("relay").await.unwrap() {
            break;
        }
        drop(tx);
        assert!(begun.elapsed() < Duration::from_secs(10), "the next relay did not get its turn in time");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let error = abandoned.commit().await.expect_err("the server ended it");
    assert!(error.is_transient(), "{error}");
}

#[tokio::test]
async fn names_are_locked_together_and_waited_for_a_bounded_time() {
    let store = Store::on_postgres().await;
    let names = |names: &[&str]| -> Vec<String> { names.iter().map(|name| (*name).to_owned()).collect() };
    let (first, second) = (store.begin().await, store.begin().await);
    first.lock_names(&[]).await.unwrap();
    first.lock_names(&names(&["b", "a", "b"])).await.unwrap();
    second.lock_names(&names(&["c"])).await.unwrap();
    let begun = Instant::now();
    let refused = second.lock_names(&names(&["d", "b"])).await;
    assert!(matches!(refused, Err(StoreError::Busy(_))), "{refused:?}");
    assert!(begun.elapsed() < Duration::from_secs(10), "the wait for a lock ends before the statement's");
    drop(second);
    first.commit().await.unwrap();
    store.begin().await.lock_names(&names(&["a", "b", "c", "d"])).await.unwrap();
}
