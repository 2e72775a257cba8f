//! SQLite has one worker: a second one says so instead of taking the first one's work out of its hands.

use std::process::Command;

use crate::support::{App, Part, Store};

#[tokio::test]
async fn a_second_worker_on_the_same_file_is_refused_until_the_first_has_ended() {
    let mut app = App::start(Store::Sqlite).await;
    let work = |app: &App| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_meridian"));
        command.arg("work").env_clear().envs(app.environment()).current_dir(app.folder());
        command
    };
    let mut second = work(&app);
    let refused = tokio::task::spawn_blocking(move || second.output().unwrap()).await.unwrap();
    let said = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(1));
    assert!(said.contains("another process works on this SQLite file already"), "{said}");

    app.kill9(Part::Worker);
    app.start_missing().await;
}
