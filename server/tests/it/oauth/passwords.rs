//! Guessing at passwords, and changing one.

use super::viewer;
use super::visitor::{Delegate, PASSWORD, Visitor, member};
use crate::support::{App, wait_until};

both_stores!(who_guesses_is_locked_out_however_many_guess_at_once, async |app: App| {
    member(&app, "acme", "mia@acme.example", "meetings:read");
    member(&app, "acme", "max@acme.example", "meetings:read");
    let client = Delegate::register(&app, "meetings:read", &[]);
    let query = client.query(&[]);
    let guess = async |password: String| Visitor::new(&app).sign_in(&query, "mia@acme.example", &password).await;
    let wrong = futures_util::future::join_all((0..8).map(|n| guess(format!("wrong password {n}")))).await;
    let late = guess(PASSWORD.to_owned()).await;
    assert_eq!(late.status, 403, "the right password comes too late");
    // Nobody learns from the answer whether the address, the password or the patience was wrong.
    let code = |text: &str| text.split("value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let plain = |text: &str| text.replace(&code(text), "");
    let unknown = Visitor::new(&app).sign_in(&query, "nobody@acme.example", PASSWORD).await;
    let none = Visitor::new(&app).sign_in(&query, "no address", PASSWORD).await;
    for other in wrong.iter().chain([&unknown, &none]) {
        assert_eq!((other.status, plain(&other.text)), (late.status, plain(&late.text)));
    }
    let max = Visitor::new(&app).sign_in(&query, "max@acme.example", PASSWORD).await;
    assert_eq!(max.status, 303, "others are not locked out");
});

both_stores!(a_new_password_ends_what_the_old_one_began, async |app: App| {
    member(&app, "acme", "mia@acme.example", "meetings:read");
    let client = Delegate::register(&app, "meetings:read", &[]);
    let query = client.query(&[]);
    let mut visitor = Visitor::new(&app);
    let code = visitor.allow(&query, "mia@acme.example").await;
    let granted = client.redeem(&app, &code).await.body;
    let workspace = app.manifest.workspaces["acme"].id.to_string();
    let arguments = ["member", "set-password", "--workspace", &workspace, "--email", "mia@acme.example"];
    app.meridian(&arguments, "another quiet harbour\n");

    assert!(visitor.open(&query).await.text.contains("name=\"password\""), "the session is over");
    let refreshed = client.refresh(&app, granted["refresh_token"].as_str().unwrap()).await;
    assert_eq!(refreshed.body["error"], "invalid_grant");
    let token = granted["access_token"].as_str().unwrap();
    wait_until("the token is refused", async || viewer(&app, token).await.status == 401).await;
    assert_eq!(visitor.sign_in(&query, "mia@acme.example", PASSWORD).await.status, 403);
    assert_eq!(visitor.sign_in(&query, "mia@acme.example", "another quiet harbour").await.status, 303);
});
