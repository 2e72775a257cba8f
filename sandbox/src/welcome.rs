//! What a newcomer reads when the sandbox has started: where things are, and a first thing to try.

use std::fmt::Write;

use serde_json::json;

use crate::manifest::Manifest;

const SUBMIT_FORM: &str = "mutation Try($input: SubmitFormInput!) { submitForm(input: $input) { \
submission { id state owner { name } slots { startsAt } } errors { code field message } } }";

/// The text, without a newline at the end. `manifest_path` is where `sandbox.json` is.
pub fn welcome(manifest: &Manifest, manifest_path: &str) -> String {
    let urls = &manifest.urls;
    let places = [
        ("GraphQL", &urls.graphql),
        ("WebSocket", &urls.websocket),
        ("Playground", &urls.playground),
        ("GraphiQL", &urls.graphiql),
        ("Booking page", &urls.booking),
        ("Console", &urls.console),
        ("Webhook", &manifest.hooks.url),
        ("Fake HubSpot", &urls.fake_crm),
    ];
    let mut text = String::new();
    for (name, url) in places {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "  {name:<13} {url}");
    }
    let _ = writeln!(
        text,
        "\nPersonas with their client ids and secrets, and members with their passwords, are in {manifest_path}."
    );
    if let Some(admin) = manifest.members.get("admin") {
        let (email, password) = (&admin.email, &admin.password);
        let _ = writeln!(
            text,
            "In GraphiQL, or in the console as a member, sign in as {email} with the password {password}"
        );
    }
    if let Some(anonymous) = manifest.personas.get("anonymous") {
        let _ = write!(
            text,
            "\nA first thing to try: a prospect sends a form.\n\n\
             TOKEN=$(curl -s {token} -u {id}:{secret} -d grant_type=client_credentials | sed -E 's/.*\"access_token\" *: *\"([^\"]+)\".*/\\1/')\n\
             curl -s {graphql} -H \"authorization: Bearer $TOKEN\" -H 'content-type: application/json' -d '{body}'\n\n\
             The answer names the owner and their first free slots. The worker then writes the contact and the task to\n\
             the CRM: look at {crm}/_fake/objects/contacts, or follow the lead in the console.\n",
            token = urls.oauth_token,
            id = anonymous.client_id,
            secret = anonymous.client_secret,
            graphql = urls.graphql,
            body = body(),
            crm = urls.fake_crm,
        );
    }
    text
}

/// A form that scores as marketing qualified. Without an apostrophe, so that a shell takes it in single quotes.
fn body() -> String {
    json!({
        "query": SUBMIT_FORM,
        "variables": { "input": {
            "idempotencyKey": "first-try",
            "formId": "demo-request",
            "contact": {
                "email": "jo.park@initech.example",
                "fullName": "Jo Park",
                "company": "Initech",
                "jobTitle": "VP Operations",
                "phone": "(212) 555-0142",
                "country": "US",
                "timeZone": "America/New_York",
            },
            "answers": { "company_size": "201-1000" },
            "productLine": "scheduling",
        } },
    })
    .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_takes_the_body_as_it_is() {
        assert!(!body().contains('\''));
    }
}
