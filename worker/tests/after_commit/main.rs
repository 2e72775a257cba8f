//! What happens after a commit, on both stores, with a CRM whose answers are scripted and a clock that stands until a
//! test moves it.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a story that cannot go on has failed")]

mod crm;
mod dead_letters;
mod endpoints;
mod lanes;
mod leases;
mod opaque;
mod order;
mod poison;
mod relay;
mod replays;
mod retention;
mod secrets;
mod story;
mod way;

/// Runs each story on SQLite and on PostgreSQL.
macro_rules! on_both_stores {
    ($($module:ident::$story:ident),+ $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test] async fn $story() { crate::$module::$story(crate::story::Story::on_sqlite().await).await; })+
        }
        mod on_postgres {
            $(#[tokio::test] async fn $story() { crate::$module::$story(crate::story::Story::on_postgres().await).await; })+
        }
    };
}

on_both_stores! {
    dead_letters::a_permanent_refusal_is_kept_and_can_be_replayed,
    dead_letters::refused_credentials_park_until_a_replay,
    dead_letters::attempts_are_bounded,
    dead_letters::a_form_that_cannot_be_read_is_corrected,
    endpoints::what_is_being_parked_when_its_endpoint_is_enabled_stays_in_line,
    lanes::a_lane_keeps_its_order_while_its_head_is_retried,
    lanes::a_dead_head_does_not_block_its_lane,
    lanes::a_dead_head_blocks_its_lane_where_that_is_asked_for,
    lanes::a_destination_that_keeps_failing_is_left_alone,
    lanes::a_trial_is_one_however_many_workers_there_are,
    lanes::a_told_wait_is_obeyed,
    lanes::newer_state_is_written_once,
    leases::a_lost_lease_settles_nothing,
    leases::an_attempt_is_abandoned_when_its_lease_is_lost,
    leases::a_shutdown_lets_deliveries_under_way_finish,
    leases::a_shutdown_does_not_wait_for_ever,
    leases::an_attempt_that_takes_too_long_counts_as_one,
    leases::an_attempt_that_panics_counts_as_one,
    opaque::a_page_shows_that_something_is_there,
    opaque::a_delivery_about_it_waits_for_a_day_and_no_attempt_counts,
    opaque::a_replay_goes_on_over_it,
    opaque::retention_leaves_its_workspace_and_goes_on_with_the_next,
    poison::a_delivery_that_cannot_be_read_becomes_a_dead_letter,
    poison::a_fact_that_cannot_be_read_is_set_aside,
    poison::facts_that_nobody_can_read_do_not_hold_up_those_behind_them,
    relay::a_fact_that_breaks_its_schema_is_not_written,
    relay::two_relays_at_once_place_each_event_once,
    replays::long_ones_go_on_to_their_ends_beside_short_ones,
    retention::old_events_are_archived_and_go,
    retention::what_a_delivery_needs_stays_until_it_is_done,
    retention::what_was_discarded_holds_nothing_back,
    retention::a_long_day_goes_in_batches_and_is_one_file,
    retention::two_who_retire_at_once_lose_nothing,
    retention::two_who_disagree_about_the_time_lose_nothing,
    retention::an_archive_that_was_begun_is_continued,
    retention::what_cannot_be_archived_stays,
    secrets::the_end_of_an_overlap_is_told_once_and_a_day_before,
    way::a_form_by_webhook_ends_in_the_crm,
    way::a_meeting_is_followed_to_its_outcome,
    way::stored_answers_are_forgotten_after_a_week,
}
