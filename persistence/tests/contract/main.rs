//! What callers of the stores rely on, the same on SQLite and on PostgreSQL, and what Redis carries.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a store that does not answer has failed the test"
)]

mod bus;
mod collation;
mod destinations;
mod heads;
mod locks;
mod long_logs;
mod meters;
mod rates;
mod store;
mod writes;

/// Runs each rule on SQLite and on PostgreSQL.
macro_rules! on_both_stores {
    ($($rule:ident),+ $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test] async fn $rule() { crate::writes::$rule(crate::store::Store::on_sqlite().await).await; })+
        }
        mod on_postgres {
            $(#[tokio::test] async fn $rule() { crate::writes::$rule(crate::store::Store::on_postgres().await).await; })+
        }
    };
}

on_both_stores! {
    reservations_that_overlap_are_refused_by_name,
    the_longest_reservation_is_seen_from_its_last_minute,
    positions_are_counted_per_workspace,
    a_page_by_types_is_what_the_log_has_of_them,
    a_task_is_explained_by_the_decision_that_led_to_it,
    more_answers_than_a_batch_are_forgotten,
    a_schema_is_judged_without_touching_it,
}
