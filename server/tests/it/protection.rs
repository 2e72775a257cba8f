//! What browsers are told about every answer; and what the scanner graphql-cop looks for (its list of checks: PyPI has
//! nothing but its name), of which there is nothing to find.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::support::{App, Reply, Store};

const HEADERS: [&str; 9] = [
    "cache-control",
    "content-security-policy",
    "cross-origin-opener-policy",
    "cross-origin-resource-policy",
    "permissions-policy",
    "referrer-policy",
    "strict-transport-security",
    "x-content-type-options",
    "x-frame-options",
];

#[tokio::test]
async fn every_kind_of_answer_is_protected() {
    let app = App::start(Store::Sqlite).await;
    let mut shown = String::new();
    for path in [
        "/graphql",
        "/oauth/jwks",
        "/oauth/authorize",
        "/hooks/con_00000000000000000000000000",
        "/book",
        "/app/book/app.js",
        "/errors",
        "/schemas",
        "/healthz",
        "/nowhere",
    ] {
        let answer = app.http.get(format!("{}{path}", app.url)).send().await.unwrap();
        writeln!(shown, "{path} {}", answer.status().as_u16()).unwrap();
        for name in HEADERS {
            let value = answer.headers().get(name).map_or("", |value| value.to_str().unwrap());
            writeln!(shown, "  {name}: {value}").unwrap();
        }
        assert!(!answer.headers().contains_key("server"), "{path}");
        assert!(!answer.headers().contains_key("x-powered-by"), "{path}");
    }
    insta::assert_snapshot!(shown);
}

#[tokio::test]
async fn whoever_comes_by_tls_is_told_to_stay_with_it() {
    let environment = vec![("MERIDIAN_PUBLIC_URL", "https://meridian.test".to_owned())];
    let wishes = crate::support::Wishes { environment, ..crate::support::Wishes::default() };
    let app = App::start_with(Store::Sqlite, wishes).await;
    let answer = app.http.get(format!("{}/healthz", app.url)).send().await.unwrap();
    assert_eq!(answer.headers()["strict-transport-security"], "max-age=63072000; includeSubDomains");
}

#[tokio::test]
async fn long_answers_are_compressed() {
    let app = App::start(Store::Sqlite).await;
    let http = reqwest::Client::builder().no_proxy().no_gzip().build().unwrap();
    let introspection = json!({"query": "{ __schema { types { name description } } }"});
    let request = http.post(format!("{}/graphql", app.url)).json(&introspection).header("accept-encoding", "gzip");
    let answer = request.bearer_auth(app.as_persona("admin").token().await).send().await.unwrap();
    assert_eq!(answer.headers()["content-encoding"], "gzip");
    let bytes = answer.bytes().await.unwrap();
    assert!(bytes.starts_with(&[0x1f, 0x8b]), "gzip's mark (RFC 1952)");
    let short = http.get(format!("{}/healthz", app.url)).header("accept-encoding", "gzip").send().await.unwrap();
    assert!(!short.headers().contains_key("content-encoding"));
}

/// One of the scanner's checks: what it sends, and when it has found something.
struct Check {
    title: &'static str,
    body: Sent,
    finds: fn(&Value) -> bool,
}

enum Sent {
    Json(Value),
    Get(&'static str),
    /// A POST with everything in its query string and nothing in its body.
    EmptyPost(&'static str),
}

fn says_its_name(answer: &Value) -> bool {
    answer["data"]["__typename"].is_string()
}

fn query(text: impl Into<String>) -> Sent {
    Sent::Json(json!({"query": text.into()}))
}

fn checks() -> Vec<Check> {
    let aliases: String = (0..101).fold(String::new(), |text, n| format!("{text} alias{n}: __typename"));
    let circular = "{ __schema { types { fields { type { fields { type { fields { type { fields { type { name } } } } } } } } } } }";
    let fragments = "{ __schema { ...A } } fragment A on __Schema { __typename ...B } fragment B on __Schema { ...A }";
    vec![
        Check {
            title: "Alias Overloading",
            body: query(format!("{{ {aliases} }}")),
            finds: |answer| answer["data"]["alias100"].is_string(),
        },
        Check {
            title: "Array-based Query Batching",
            body: Sent::Json(json!(vec![json!({"query": "{ __typename }"}); 10])),
            finds: |answer| answer.as_array().is_some_and(|results| results.len() >= 10 && says_its_name(&results[0])),
        },
        Check {
            title: "Directive Overloading",
            body: query(format!("{{ __typename {} }}", "@aa".repeat(10))),
            finds: |answer| answer["errors"].as_array().is_some_and(|errors| errors.len() == 10),
        },
        Check {
            title: "Field Duplication",
            body: query(format!("{{ {} }}", "__typename ".repeat(500))),
            finds: says_its_name,
        },
        Check { title: "Circular Fragment", body: query(fragments), finds: |answer| answer["errors"].is_null() },
        Check {
            title: "Introspection-based Circular Query",
            body: query(circular),
            finds: |answer| answer["data"]["__schema"]["types"].as_array().is_some_and(|types| types.len() > 25),
        },
        Check {
            title: "Introspection",
            body: query("{ __schema { types { name } } }"),
            finds: |answer| answer["data"]["__schema"].is_object(),
        },
        Check {
            title: "Field Suggestions",
            body: query("{ __schema { directive } }"),
            finds: |answer| answer.to_string().contains("Did you mean"),
        },
        Check {
            title: "Trace Mode",
            body: query("{ __typename }"),
            finds: |answer| !answer["extensions"]["tracing"].is_null() || answer.to_string().contains("stacktrace"),
        },
        Check {
            title: "Unhandled Errors",
            body: query("qwerty cop { abc }"),
            finds: |answer| answer.to_string().to_lowercase().contains("\"exception\""),
        },
        Check { title: "GET Method Query Support", body: Sent::Get("query={__typename}"), finds: says_its_name },
        Check { title: "Mutation over GET", body: Sent::Get("query=mutation{__typename}"), finds: says_its_name },
        Check {
            title: "POST based url-encoded query",
            body: Sent::EmptyPost("query={__typename}"),
            finds: says_its_name,
        },
    ]
}

/// What the scanner would report.
async fn scan(app: &App, token: Option<&str>) -> Vec<&'static str> {
    let mut found = Vec::new();
    for check in checks() {
        let url = format!("{}/graphql", app.url);
        let request = match &check.body {
            Sent::Json(body) => app.http.post(url).json(body),
            Sent::Get(query) => app.http.get(format!("{url}?{query}")),
            Sent::EmptyPost(query) => app.http.post(format!("{url}?{query}")),
        };
        let request = token.into_iter().fold(request, reqwest::RequestBuilder::bearer_auth);
        let answer = Reply::read(request.send().await.unwrap()).await.unwrap();
        if (check.finds)(&answer.body) {
            found.push(check.title);
        }
    }
    found
}

#[tokio::test]
async fn the_scanner_finds_nothing() {
    let app = App::start(Store::Sqlite).await;
    assert_eq!(scan(&app, None).await, [""; 0], "to a stranger");
    for path in ["/graphiql", "/playground", "/console", "/graphql"] {
        let page = app.http.get(format!("{}{path}", app.url)).send().await.unwrap().text().await.unwrap();
        for word in ["graphiql.min.css", "GraphQL Playground", "graphql-playground"] {
            assert!(!page.contains(word), "{path}: {word}");
        }
    }
}

/// What clients may do on purpose, which the scanner would report to one of them. This list may only shrink.
const ON_PURPOSE: [&str; 3] = [
    // Ten, as documented; each is measured for itself.
    "Array-based Query Batching",
    // An operator may forbid it.
    "Introspection",
    // No page can send one: a token is no cookie, and a header of its own needs a preflight.
    "GET Method Query Support",
];

#[tokio::test]
async fn a_client_finds_what_it_may_do_and_no_more() {
    let app = App::start(Store::Sqlite).await;
    let token = app.as_persona("admin").token().await;
    let found = scan(&app, Some(&token)).await;
    assert_eq!(found, ON_PURPOSE);
}
