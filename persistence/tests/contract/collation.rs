//! Columns that are joined on PostgreSQL: an index serves a comparison only if both sides sort alike.

use sqlx::Connection as _;

use crate::store::Store;

const COLLATIONS: &str = "
SELECT c.collname FROM pg_attribute a JOIN pg_collation c ON c.oid = a.attcollation
WHERE (a.attrelid::regclass::text, a.attname) IN (SELECT * FROM unnest($1::text[], $2::text[]))";

#[tokio::test]
async fn what_is_compared_sorts_alike() {
    let store = Store::on_postgres().await;
    let mut connection = sqlx::PgConnection::connect(&store.url).await.unwrap();
    let mut check = async |columns: &[(&str, &str)]| {
        let (tables, names): (Vec<&str>, Vec<&str>) = columns.iter().copied().unzip();
        let found: Vec<String> =
            sqlx::query_scalar(COLLATIONS).bind(&tables).bind(&names).fetch_all(&mut connection).await.unwrap();
        assert_eq!(found.len(), columns.len(), "{columns:?} are there");
        assert!(found.iter().all(|collation| *collation == found[0]), "{columns:?}: {found:?}");
    };
    check(&[("lanes", "destination"), ("deliveries", "destination"), ("destinations", "id")]).await;
    check(&[("lanes", "lane"), ("deliveries", "lane")]).await;
}
