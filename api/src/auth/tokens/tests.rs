//! Tokens as time passes: remembered or not, they let nobody in whom they should not.

use persistence::workspaces::insert_revocation;

use super::*;
use crate::stage::Stage;

/// Tokens, and one that was just issued.
async fn issued() -> (Stage, Tokens, String) {
    let stage = Stage::set().await;
    let tokens = Tokens::load(&stage.api).await.unwrap();
    let client = Client {
        id: stage.api.edge.new_id(),
        workspace: stage.workspace,
        name: "Partner".to_owned(),
        scopes: Grants::all(),
        host: None,
        redirect_uris: Vec::new(),
    };
    let issue = Issue { scopes: Grants::all(), host: None, allowed: None };
    let (token, _) = tokens.issue(&client, issue).unwrap();
    (stage, tokens, token)
}

#[tokio::test]
async fn a_token_is_good_until_it_ends() {
    let (stage, tokens, token) = issued().await;
    let lifetime = ACCESS_LIFETIME.num_seconds();
    for seconds in [0, 1, lifetime - 2] {
        stage.wait(seconds);
        assert!(tokens.check(&token).await.is_ok(), "{seconds} s later");
    }
    stage.wait(1 + LEEWAY.num_seconds());
    assert_eq!(tokens.check(&token).await.unwrap_err(), TokenFault::Expired, "to who remembers it");
    let another = Tokens::load(&stage.api).await.unwrap();
    assert_eq!(another.check(&token).await.unwrap_err(), TokenFault::Expired, "to who never saw it");
}

#[tokio::test]
async fn a_token_that_is_remembered_can_be_revoked() {
    let (stage, tokens, token) = issued().await;
    let caller = tokens.check(&token).await.unwrap();
    let tx = stage.api.stores.database.begin(stage.workspace).await.unwrap();
    insert_revocation(&tx, caller.token, (stage.api.edge.now(), caller.expires_at)).await.unwrap();
    tx.commit().await.unwrap();
    tokens.look().await.unwrap();
    assert_eq!(tokens.check(&token).await.unwrap_err(), TokenFault::Invalid);
}

#[tokio::test]
async fn what_differs_by_a_letter_is_another_token() {
    let (_stage, tokens, token) = issued().await;
    assert!(tokens.check(&token).await.is_ok());
    for place in [0, token.len() / 2, token.len() - 3] {
        let letter = if &token[place..=place] == "A" { "B" } else { "A" };
        let mut other = token.clone();
        other.replace_range(place..=place, letter);
        assert_eq!(tokens.check(&other).await.unwrap_err(), TokenFault::Invalid, "letter {place}");
    }
}
