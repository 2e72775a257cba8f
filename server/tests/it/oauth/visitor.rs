//! Somebody at a browser: cookies are kept, redirects are looked at and not followed, forms are filled in.

use std::collections::HashMap;

use serde_json::Value;

use crate::support::{App, Reply};

pub const PASSWORD: &str = "a quiet harbour in the north";
pub const BACK: &str = "https://app.test/back";
/// The example of RFC 7636, appendix B.
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// A client that acts for members: its id, and its secret unless it is public.
pub struct Delegate {
    pub id: String,
    pub secret: Option<String>,
}

impl Delegate {
    /// Registers one in the large company, with these further arguments.
    pub fn register(app: &App, scopes: &str, more: &[&str]) -> Self {
        let workspace = app.manifest.workspaces["acme"].id.to_string();
        let arguments = ["client", "create", "--workspace", &workspace, "--name", "Calendar <b>App</b>"];
        let scopes = ["--scopes", scopes, "--redirect-uri", BACK];
        let made = app.meridian(&[arguments.as_slice(), &scopes, more].concat(), "");
        let secret = made["client_secret"].as_str().map(str::to_owned);
        Self { id: made["client_id"].as_str().unwrap().to_owned(), secret }
    }

    /// The query that it would send a browser with.
    pub fn query(&self, changes: &[(&str, Option<&str>)]) -> String {
        let mut query: Vec<(&str, &str)> = vec![
            ("response_type", "code"),
            ("client_id", &self.id),
            ("redirect_uri", BACK),
            ("scope", "meetings:read"),
            ("state", "xyz&="),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ];
        for (name, value) in changes {
            query.retain(|(known, _)| known != name);
            query.extend(value.map(|value| (*name, value)));
        }
        url_encoded(&query)
    }

    /// Asks the token endpoint.
    pub async fn ask(&self, app: &App, form: &[(&str, &str)]) -> Reply {
        let request = app.http.post(format!("{}/oauth/token", app.url));
        let mut form = form.to_vec();
        let request = if let Some(secret) = &self.secret {
            request.basic_auth(&self.id, Some(secret))
        } else {
            form.push(("client_id", &self.id));
            request
        };
        Reply::read(request.form(&form).send().await.unwrap()).await.unwrap()
    }

    pub async fn redeem(&self, app: &App, code: &str) -> Reply {
        let grant = ("grant_type", "authorization_code");
        self.ask(app, &[grant, ("code", code), ("redirect_uri", BACK), ("code_verifier", VERIFIER)]).await
    }

    pub async fn refresh(&self, app: &App, token: &str) -> Reply {
        self.ask(app, &[("grant_type", "refresh_token"), ("refresh_token", token)]).await
    }

    /// What a member's consent gives it: the answer of the token endpoint.
    pub async fn allowed_by(&self, app: &App, email: &str) -> Value {
        let code = Visitor::new(app).allow(&self.query(&[]), email).await;
        let granted = self.redeem(app, &code).await;
        assert_eq!(granted.status, 200, "{}", granted.text);
        granted.body
    }
}

/// Adds a member to a company.
pub fn member(app: &App, company: &str, email: &str, scopes: &str) -> String {
    let workspace = app.manifest.workspaces[company].id.to_string();
    let arguments =
        ["member", "create", "--workspace", &workspace, "--email", email, "--name", "Mia", "--scopes", scopes];
    app.meridian(&arguments, PASSWORD)["member_id"].as_str().unwrap().to_owned()
}

/// A browser.
pub struct Visitor<'a> {
    app: &'a App,
    http: reqwest::Client,
    pub cookies: HashMap<String, String>,
}

impl<'a> Visitor<'a> {
    pub fn new(app: &'a App) -> Self {
        let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
        Self { app, http: http.build().unwrap(), cookies: HashMap::new() }
    }

    /// Opens the authorization endpoint.
    pub async fn open(&mut self, query: &str) -> Reply {
        let request = self.http.get(format!("{}/oauth/authorize?{query}", self.app.url));
        self.send(request).await
    }

    /// Sends a form of it.
    pub async fn fill(&mut self, query: &str, form: &[(&str, &str)]) -> Reply {
        let request = self.http.post(format!("{}/oauth/authorize?{query}", self.app.url)).form(form);
        self.send(request).await
    }

    pub async fn send(&mut self, request: reqwest::RequestBuilder) -> Reply {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let reply = Reply::read(request.header("cookie", cookies.join("; ")).send().await.unwrap()).await.unwrap();
        for set in reply.headers.get_all("set-cookie") {
            let (name, value) = set.to_str().unwrap().split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        reply
    }

    /// Opens the page and signs in; what comes of it.
    pub async fn sign_in(&mut self, query: &str, email: &str, password: &str) -> Reply {
        let page = self.open(query).await;
        let code = code_of(&page).to_owned();
        self.fill(query, &[("code", &code), ("step", "sign_in"), ("email", email), ("password", password)]).await
    }

    /// Signs in, allows what is asked for, and answers with the code.
    pub async fn allow(&mut self, query: &str, email: &str) -> String {
        parameter(&self.allowed_back(query, email).await, "code")
    }

    /// Signs in, allows what is asked for, and answers with where the browser is sent back to.
    pub async fn allowed_back(&mut self, query: &str, email: &str) -> String {
        let signed_in = self.sign_in(query, email, PASSWORD).await;
        assert_eq!(signed_in.status, 303, "{}", signed_in.text);
        let page = self.open(query).await;
        let code = code_of(&page).to_owned();
        let back = self.fill(query, &[("code", &code), ("step", "allow")]).await;
        assert_eq!(back.status, 303, "{}", back.text);
        back.header("location").to_owned()
    }
}

/// The code in the form of a page.
pub fn code_of(page: &Reply) -> &str {
    let mark = "name=\"code\" value=\"";
    let begin = page.text.find(mark).unwrap_or_else(|| panic!("no form: {}", page.text)) + mark.len();
    page.text[begin..].split('"').next().unwrap()
}

/// A parameter of a URL's query; empty when it is missing.
pub fn parameter(url: &str, name: &str) -> String {
    let url = reqwest::Url::parse(url).unwrap();
    let found = url.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned());
    found.unwrap_or_default()
}

fn url_encoded(pairs: &[(&str, &str)]) -> String {
    let mut url = reqwest::Url::parse("http://x.test").unwrap();
    url.query_pairs_mut().extend_pairs(pairs);
    url.query().unwrap().to_owned()
}
