//! Deliveries that are not taken: each with its code, and without a trace.

use std::fmt::Write as _;

use serde_json::json;

use super::{Delivery, SCHEMES, Scheme, form_of, now};
use crate::support::{App, Reply};

fn said(reply: &Reply) -> String {
    let mut text = format!("{}\n", reply.status.as_u16());
    for error in reply.body["errors"].as_array().unwrap() {
        let field = error["field"].as_str().map_or_else(String::new, |field| format!(" {field}:"));
        let (code, message) = (error["code"].as_str().unwrap(), error["message"].as_str().unwrap());
        writeln!(text, "  {code}{field} {message}").unwrap();
        assert_eq!(error["correlationId"], reply.header("x-correlation-id"));
    }
    text
}

/// One bit of a text's last letter or digit but one, so that base64's spare bits are not the ones that change.
fn flip(text: &str) -> String {
    let place = text.len() - 4;
    let flipped = if text.as_bytes()[place] == b'1' { "0" } else { "1" };
    format!("{}{flipped}{}", &text[..place], &text[place + 1..])
}

async fn check(app: &App, cases: Vec<(&str, Delivery)>) -> String {
    let before = app.census().await;
    let mut table = String::new();
    for (name, delivery) in cases {
        write!(table, "{name}: {}", said(&delivery.send(app).await)).unwrap();
    }
    app.settled().await;
    assert_eq!(app.census().await, before, "something was left behind");
    table
}

both_stores!(a_delivery_that_is_not_authentic, async |app: App| {
    let mut tables = String::new();
    for scheme in SCHEMES {
        let whole = || Delivery::new(&app, scheme, "d-1", form_of("refused"));
        let mut bit = whole();
        bit.body[20] ^= 1;
        let globex = &app.manifest.workspaces["globex"].hooks.signing_secret;
        let foreign = Delivery::signed(whole().url, globex, scheme, "d-1", form_of("refused"), now());
        let cases = vec![
            ("signed 6 minutes ago", Delivery::aged(&app, scheme, "d-1", form_of("refused"), 360)),
            ("signed 6 minutes from now", Delivery::aged(&app, scheme, "d-1", form_of("refused"), -360)),
            ("a bit of the body", bit),
            ("a bit of the signature", whole().change(2, flip)),
            ("the next second", whole().change(1, |at| (at.parse::<i64>().unwrap() + 1).to_string())),
            ("a signature that is none", whole().change(2, |_| "nonsense".to_owned())),
            ("a time that is none", whole().change(1, |_| "yesterday".to_owned())),
            ("an id of 256 characters", whole().change(0, |_| "d".repeat(256))),
            ("no id", whole().without(0)),
            ("no time", whole().without(1)),
            ("no signature", whole().without(2)),
            ("the other workspace's secret", foreign),
        ];
        tables += &check(&app, cases).await;
    }
    let renamed = Delivery::new(&app, Scheme::Standard, "d-1", form_of("refused")).change(0, |_| "d-2".to_owned());
    tables += &check(&app, vec![("another id, where it is signed", renamed)]).await;
    insta::assert_snapshot!("tables", tables);
});

both_stores!(a_delivery_to_nobody, async |app: App| {
    let connections = app.as_persona("admin").gql("{ connections { id provider } }", json!({})).await;
    let hubspot = connections["connections"].as_array().unwrap().iter().find(|found| found["provider"] == "HUBSPOT");
    let hubspot = hubspot.unwrap()["id"].as_str().unwrap().to_owned();
    let globex = app.manifest.workspaces["globex"].hooks.connection_id.to_string();
    let to = |connection: &str| {
        let delivery = Delivery::new(&app, Scheme::Cl, "d-1", form_of("refused"));
        Delivery { url: format!("{}/hooks/{connection}", app.url), ..delivery }
    };
    let cases = vec![
        ("an unknown connection", to("cxn_01jd3v00000000000000000000")),
        ("no id of a connection", to("nonsense")),
        ("the HubSpot connection", to(&hubspot)),
        ("another workspace's connection", to(&globex)),
    ];
    insta::assert_snapshot!("refusals", check(&app, cases).await);
});

both_stores!(a_delivery_that_is_too_large, async |app: App| {
    let large = Delivery::new(&app, Scheme::Cl, "d-1", vec![b' '; (1 << 20) + 1]);
    insta::assert_snapshot!("refusals", check(&app, vec![("1 MiB and a byte", large)]).await);
});

both_stores!(a_delivery_by_another_method, async |app: App| {
    let url = format!("{}/hooks/{}", app.url, app.manifest.hooks.connection_id);
    let answer = app.http.get(url).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.headers()["allow"].to_str().unwrap()), (405, "POST"));
});
