//! `/oauth/authorize`: the way of a member through the pages, and all the ways that lead nowhere.

use std::fmt::Write as _;

use serde_json::json;

use super::viewer;
use super::visitor::{BACK, CHALLENGE, Delegate, PASSWORD, VERIFIER, Visitor, code_of, member, parameter};
use crate::support::{App, Store};

both_stores!(a_member_signs_in_allows_a_client_and_the_client_acts_for_them, async |app: App| {
    let mia = member(&app, "acme", "mia@acme.example", "meetings:read contacts:read");
    for more in [&[][..], &["--public"]] {
        let client = Delegate::register(&app, "meetings:read meetings:write", more);
        let query = client.query(&[("scope", Some("meetings:read meetings:write"))]);
        let mut visitor = Visitor::new(&app);
        let signed_in = visitor.sign_in(&query, " Mia@ACME.example", PASSWORD).await;
        assert_eq!(
            (signed_in.status.as_u16(), signed_in.header("location")),
            (303, &*format!("/oauth/authorize?{query}"))
        );
        let page = visitor.open(&query).await;
        assert!(page.text.contains("Read meetings."), "{}", page.text);
        assert!(!page.text.contains("meetings:write"), "what the member may not do is not offered: {}", page.text);
        assert!(!page.text.contains("<b>App"), "a name is text: {}", page.text);
        let code = code_of(&page).to_owned();
        let back = visitor.fill(&query, &[("code", &code), ("step", "allow")]).await;
        let place = back.header("location");
        assert!(place.starts_with(&format!("{BACK}?")), "{place}");
        assert_eq!(
            (parameter(place, "state").as_str(), parameter(place, "iss").as_str()),
            ("xyz&=", "http://meridian.test")
        );

        let granted = client.redeem(&app, &parameter(place, "code")).await;
        assert_eq!((granted.status.as_u16(), granted.header("cache-control")), (200, "no-store"), "{}", granted.text);
        assert_eq!(granted.body["scope"], "meetings:read");
        let token = granted.body["access_token"].as_str().unwrap();
        let seen = viewer(&app, token).await;
        let member = json!({"email": "mia@acme.example"});
        let expected = json!({"clientId": client.id, "scopes": ["meetings:read"], "member": member});
        assert_eq!(seen.body["data"]["viewer"], expected);
        assert_eq!(crate::oauth::decode(token.split('.').nth(1).unwrap())["sub"], mia);
    }
});

#[tokio::test]
async fn a_member_may_say_no_or_be_somebody_else() {
    let app = App::start(Store::Sqlite).await;
    member(&app, "acme", "mia@acme.example", "meetings:read");
    member(&app, "acme", "max@acme.example", "routing:manage");
    let client = Delegate::register(&app, "meetings:read", &[]);
    let query = client.query(&[]);
    let mut visitor = Visitor::new(&app);
    visitor.sign_in(&query, "mia@acme.example", PASSWORD).await;
    let code = code_of(&visitor.open(&query).await).to_owned();
    let back = visitor.fill(&query, &[("code", &code), ("step", "deny")]).await;
    assert_eq!(parameter(back.header("location"), "error"), "access_denied");

    let session = visitor.cookies["meridian-session"].clone();
    visitor.fill(&query, &[("code", &code), ("step", "sign_out")]).await;
    assert!(visitor.open(&query).await.text.contains("name=\"password\""));
    visitor.cookies.insert("meridian-session".to_owned(), session);
    assert!(visitor.open(&query).await.text.contains("name=\"password\""), "it ended in the store, too");

    // Somebody who may do nothing of it allows nothing.
    visitor.sign_in(&query, "max@acme.example", PASSWORD).await;
    let back = visitor.open(&query).await;
    assert_eq!((back.status.as_u16(), &*parameter(back.header("location"), "error")), (303, "access_denied"));
}

/// Who is told what, for a request that cannot be put before anybody.
#[tokio::test]
async fn a_wrong_request_goes_back_to_its_client_and_never_to_a_stranger() {
    let app = App::start(Store::Sqlite).await;
    let client = Delegate::register(&app, "meetings:read", &[]);
    let own = app.manifest.personas["partner"].client_id.to_string();
    let mut table = String::new();
    for (name, changes) in [
        ("as it should be", vec![]),
        ("an unknown client", vec![("client_id", Some("cli_01jd3v00000000000000000000"))]),
        ("no client", vec![("client_id", None)]),
        ("a client that acts for itself", vec![("client_id", Some(own.as_str()))]),
        ("another place", vec![("redirect_uri", Some("https://app.test/back/"))]),
        ("a place with a port", vec![("redirect_uri", Some("https://app.test:443/back"))]),
        ("no place", vec![("redirect_uri", None)]),
        ("no response type", vec![("response_type", None)]),
        ("response type token", vec![("response_type", Some("token"))]),
        ("response mode fragment", vec![("response_mode", Some("fragment"))]),
        ("no challenge", vec![("code_challenge", None)]),
        ("a short challenge", vec![("code_challenge", Some("abc"))]),
        ("a challenge in the clear", vec![("code_challenge_method", Some("plain"))]),
        ("a challenge of no method", vec![("code_challenge_method", None)]),
        ("a scope of others", vec![("scope", Some("routing:manage"))]),
        ("a scope that there is not", vec![("scope", Some("everything"))]),
        ("no scope", vec![("scope", None)]),
        ("no state", vec![("state", None), ("response_type", None)]),
    ] {
        let reply = Visitor::new(&app).open(&client.query(&changes)).await;
        let told = reply.header("location").split("error_description").next().unwrap();
        writeln!(table, "{name}: {} {told}", reply.status.as_u16()).unwrap();
    }
    let twice = format!("{}&scope=meetings:read", client.query(&[]));
    let reply = Visitor::new(&app).open(&twice).await;
    writeln!(table, "a scope twice: {} {}", reply.status.as_u16(), parameter(reply.header("location"), "error"))
        .unwrap();
    let twice = format!("{}&redirect_uri=https://evil.test", client.query(&[]));
    let reply = Visitor::new(&app).open(&twice).await;
    writeln!(table, "two places: {} {}", reply.status.as_u16(), reply.header("location")).unwrap();
    insta::assert_snapshot!(table);
}

#[tokio::test]
async fn a_form_that_another_site_sends_does_nothing() {
    let app = App::start(Store::Sqlite).await;
    member(&app, "acme", "mia@acme.example", "meetings:read");
    let client = Delegate::register(&app, "meetings:read", &[]);
    let (query, other) = (client.query(&[]), client.query(&[("state", Some("other"))]));
    let mut visitor = Visitor::new(&app);
    let before = code_of(&visitor.open(&query).await).to_owned();
    visitor.sign_in(&query, "mia@acme.example", PASSWORD).await;
    let good = code_of(&visitor.open(&query).await).to_owned();
    let strangers = code_of(&Visitor::new(&app).open(&query).await).to_owned();
    for (name, query, code) in [
        ("without a code", &query, ""),
        ("with a code of nobody's", &query, "abc"),
        ("with a code of another browser", &query, &strangers),
        ("with a code of before the sign-in", &query, &before),
        ("with a code for another request", &other, &good),
    ] {
        let refused = visitor.fill(query, &[("code", code), ("step", "allow")]).await;
        assert_eq!((refused.status.as_u16(), refused.header("location")), (400, ""), "{name}");
    }
    let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let crossing = http.post(format!("{}/oauth/authorize?{query}", app.url)).header("sec-fetch-site", "cross-site");
    let refused = visitor.send(crossing.form(&[("code", good.as_str()), ("step", "allow")])).await;
    assert_eq!(refused.status, 400);
    assert_eq!(visitor.fill(&query, &[("code", &good), ("step", "allow")]).await.status, 303);
}

#[tokio::test]
async fn the_pages_are_for_this_browser_and_no_other_site() {
    let app = App::start(Store::Sqlite).await;
    member(&app, "acme", "mia@acme.example", "meetings:read");
    let client = Delegate::register(&app, "meetings:read", &[]);
    let mut visitor = Visitor::new(&app);
    let page = visitor.open(&client.query(&[])).await;
    let cookie = page.header("set-cookie");
    assert!(cookie.starts_with("meridian-browser="), "{cookie}");
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && cookie.contains("Path=/"), "{cookie}");
    visitor.sign_in(&client.query(&[]), "mia@acme.example", PASSWORD).await;
    let page = visitor.open(&client.query(&[])).await;
    let told: Vec<String> = [
        "content-type",
        "cache-control",
        "content-security-policy",
        "x-frame-options",
        "x-content-type-options",
        "referrer-policy",
    ]
    .map(|name| format!("{name}: {}", page.header(name)))
    .to_vec();
    insta::assert_snapshot!(told.join("\n"));
    assert!(!page.text.contains("<script"));
    for sheet in page.text.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        assert_eq!(app.http.get(format!("{}{sheet}", app.url)).send().await.unwrap().status(), 200, "{sheet}");
    }
}

both_stores!(a_member_of_one_company_is_nobody_in_another, async |app: App| {
    member(&app, "globex", "mia@acme.example", "meetings:read");
    let client = Delegate::register(&app, "meetings:read", &[]);
    let mut visitor = Visitor::new(&app);
    let refused = visitor.sign_in(&client.query(&[]), "mia@acme.example", PASSWORD).await;
    assert_eq!(refused.status, 403);
    assert!(!visitor.cookies.contains_key("meridian-session"));
});

#[tokio::test]
async fn a_code_needs_its_client_its_place_and_its_verifier() {
    let app = App::start(Store::Sqlite).await;
    member(&app, "acme", "mia@acme.example", "meetings:read");
    let client = Delegate::register(&app, "meetings:read", &[]);
    let other = Delegate::register(&app, "meetings:read", &[]);
    let code = Visitor::new(&app).allow(&client.query(&[]), "mia@acme.example").await;
    let grant = ("grant_type", "authorization_code");
    let form = |code, place, verifier| [grant, ("code", code), ("redirect_uri", place), ("code_verifier", verifier)];
    for (name, form, error) in [
        ("no verifier", form(code.as_str(), BACK, ""), "invalid_request"),
        ("the challenge", form(&code, BACK, CHALLENGE), "invalid_grant"),
        ("another place", form(&code, "https://app.test/", VERIFIER), "invalid_grant"),
        ("another code", form("abc", BACK, VERIFIER), "invalid_grant"),
    ] {
        let refused = client.ask(&app, &form).await;
        assert_eq!((refused.status.as_u16(), &refused.body["error"]), (400, &json!(error)), "{name}");
    }
    assert_eq!(other.redeem(&app, &code).await.body["error"], "invalid_grant");
    assert_eq!(client.redeem(&app, &code).await.status, 200, "nothing of that has used it up");
    // A client for members is none for itself, and the other way round.
    assert_eq!(client.ask(&app, &[("grant_type", "client_credentials")]).await.body["error"], "unauthorized_client");
    let own = &app.manifest.personas["partner"];
    let own = Delegate { id: own.client_id.to_string(), secret: Some(own.client_secret.clone()) };
    assert_eq!(own.refresh(&app, "abc").await.body["error"], "unauthorized_client");
}
