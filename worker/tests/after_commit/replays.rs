//! Replays over logs that are longer than what they go over at once.

use domain::limits::REPLAY_STRETCH;
use domain::webhooks::replay::{Replay, ReplayState, Selection};
use persistence::webhooks::{find_replay, insert_replay};

use crate::opaque::endpoint;
use crate::story::Story;

/// Most of their places are empty: what counts is how often they have to go on.
pub async fn long_ones_go_on_to_their_ends_beside_short_ones(story: Story) {
    for name in ["Ada", "Bob"] {
        story.meet(name).await;
    }
    story.drain().await;
    let endpoint = endpoint(&story).await;
    let mut replays = Vec::new();
    for through in [40 * REPLAY_STRETCH + 1, REPLAY_STRETCH, 3 * REPLAY_STRETCH] {
        let permit = story.operation().permit().unwrap();
        let what = (endpoint, Selection::default(), true);
        let replay = Replay::start(&permit, story.worker.edge.new_id(), what, (0, through), story.now());
        let tx = story.begin().await;
        insert_replay(&tx, &replay).await.unwrap();
        tx.commit().await.unwrap();
        replays.push(replay);
    }
    story.drain().await;
    let reader = story.worker.stores.database.reader(story.workspace);
    for replay in replays {
        let after = find_replay(&reader, replay.id).await.unwrap().unwrap();
        let expected = (ReplayState::Done, replay.through, 4);
        assert_eq!((after.state, after.scanned, after.matched), expected, "two contacts and two receipts");
    }
}
