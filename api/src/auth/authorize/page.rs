//! The pages: sign in, allow, and what cannot be done. Plain HTML without scripts; every text is escaped.

use std::fmt::Write as _;

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use domain::access::Grants;

/// A form of a page.
pub(super) struct Form<'a> {
    /// The query that the page was asked with; it is sent back.
    pub(super) query: &'a str,
    /// Proves that the form is ours.
    pub(super) code: &'a str,
}

/// Whether somebody tried already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sight {
    First,
    Failed,
}

/// Asks who is there.
pub(super) fn sign_in(form: &Form<'_>, client: &str, sight: Sight) -> Response {
    let complaint = if sight == Sight::Failed {
        "<p role=\"alert\" class=\"banner\">That did not work. Look at address and password again; after several wrong \
         ones only waiting helps.</p>"
    } else {
        ""
    };
    let body = format!(
        "<h1>Sign in</h1><p>to go on to <strong>{client}</strong></p>{complaint}{open}\
         <label>E-mail<input type=\"email\" name=\"email\" autocomplete=\"username\" required autofocus></label>\
         <label>Password<input type=\"password\" name=\"password\" autocomplete=\"current-password\" required></label>\
         <button class=\"primary\" name=\"step\" value=\"sign_in\">Sign in</button></form>",
        client = escaped(client),
        open = open(form),
    );
    let status = if sight == Sight::Failed { StatusCode::FORBIDDEN } else { StatusCode::OK };
    page(status, "Sign in", &body, None)
}

/// Asks whether the client may have this. `source`: where the form may lead to.
pub(super) fn allow(
    form: &Form<'_>,
    (client, member): (&str, &str),
    scopes: &Grants,
    source: Option<&str>,
) -> Response {
    let mut list = String::new();
    for scope in scopes.iter() {
        // Writing to a text cannot fail.
        let _ = write!(list, "<li>{} <code>{}</code></li>", escaped(scope.meaning()), escaped(scope.as_str()));
    }
    let body = format!(
        "<h1>Allow {client}?</h1><p>Signed in as <strong>{member}</strong>. {client} asks to:</p><ul>{list}</ul>{open}\
         <button class=\"primary\" name=\"step\" value=\"allow\">Allow</button> \
         <button name=\"step\" value=\"deny\">Do not allow</button> \
         <button name=\"step\" value=\"sign_out\">Use another account</button></form>",
        client = escaped(client),
        member = escaped(member),
        open = open(form),
    );
    page(StatusCode::OK, "Allow access", &body, source)
}

/// Says that it cannot go on.
pub(super) fn refused(status: StatusCode, sentence: &str) -> Response {
    let body = format!("<h1>This does not lead anywhere</h1><p role=\"alert\">{}</p>", escaped(sentence));
    page(status, "Not possible", &body, None)
}

fn open(form: &Form<'_>) -> String {
    format!(
        "<form method=\"post\" action=\"/oauth/authorize?{}\" class=\"stack\"><input type=\"hidden\" name=\"code\" \
         value=\"{}\">",
        escaped(form.query),
        escaped(form.code)
    )
}

fn page(status: StatusCode, title: &str, body: &str, source: Option<&str>) -> Response {
    let html = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title} · Meridian</title>\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <link rel=\"stylesheet\" href=\"/app/shared/style.css\"><link rel=\"stylesheet\" href=\"/app/shared/account.css\">\
         </head><body><main class=\"account card stack\">{body}</main></body></html>"
    );
    let policy = format!(
        "default-src 'none'; style-src 'self'; form-action 'self' {}; base-uri 'none'; frame-ancestors 'none'",
        source.unwrap_or_default()
    );
    let mut response = (status, Html(html)).into_response();
    let headers = response.headers_mut();
    let fixed: [(HeaderName, &'static str); 2] =
        [(header::CACHE_CONTROL, "no-store"), (header::X_FRAME_OPTIONS, "DENY")];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // A source that is no header value never got as far as a redirect URI.
    let policy = HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'"));
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    response
}

/// For text and for quoted attributes.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_wrote_is_text_wherever_it_stands() {
        let nasty = "\"><script>alert('x')</script>&";
        assert_eq!(escaped(nasty), "&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;");
        let form = open(&Form { query: nasty, code: nasty });
        assert_eq!(form.matches("<script").count(), 0, "{form}");
    }
}
