//! Reading GraphQL requests: a JSON body, a batch, a query string, or the payload of a `subscribe` message.

use async_graphql::Request;
use domain::limits::REQUEST_VALUES_MAX;
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// One request, or several to be answered in one array.
#[derive(Debug)]
pub(super) enum Call {
    /// A single request.
    One(Box<Request>),
    /// At least one request, run in the order given.
    Batch(Vec<Request>),
}

/// What is wrong, as a sentence that names the field.
pub(super) type Complaint = String;

/// A request body.
pub(super) fn from_body(body: &[u8], batch_max: usize) -> Result<Call, Complaint> {
    let text = std::str::from_utf8(body).map_err(|_| "The body is not UTF-8.".to_owned())?;
    check_values(body)?;
    let json = serde_json::from_str(text).map_err(|error| format!("The body is not JSON: {error}."))?;
    match json {
        Value::Object(fields) => from_fields(fields).map(|request| Call::One(Box::new(request))),
        Value::Array(items) if items.is_empty() => Err("The batch is empty.".to_owned()),
        Value::Array(items) if items.len() > batch_max => {
            Err(format!("The batch has {} requests; at most {batch_max} are allowed.", items.len()))
        }
        Value::Array(items) => items.into_iter().enumerate().map(from_item).collect::<Result<_, _>>().map(Call::Batch),
        _ => Err("The body is a JSON object, or an array of them.".to_owned()),
    }
}

/// Refuses a body of too many values before it is read: a value of two bytes takes a hundred in memory. Commas, colons
/// and brackets outside of texts are as many as values, or a few more.
fn check_values(body: &[u8]) -> Result<(), Complaint> {
    let (mut values, mut quoted, mut escaped) = (0_usize, false, false);
    for byte in body {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = quoted,
            b'"' => quoted = !quoted,
            b',' | b':' | b'[' | b'{' if !quoted => values += 1,
            _ => {}
        }
    }
    if values > REQUEST_VALUES_MAX {
        return Err(format!("The body has more than {REQUEST_VALUES_MAX} values."));
    }
    Ok(())
}

fn from_item((index, item): (usize, Value)) -> Result<Request, Complaint> {
    let Value::Object(fields) = item else { return Err(format!("Batch entry {index} is not an object.")) };
    from_fields(fields).map_err(|complaint| format!("Batch entry {index}: {complaint}"))
}

/// The query string of a GET. `variables` and `extensions` are JSON texts (GraphQL over HTTP §5.3).
pub(super) fn from_query_string(query: &str) -> Result<Request, Complaint> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Parameters {
        query: Option<String>,
        operation_name: Option<String>,
        document_id: Option<String>,
        variables: Option<String>,
        extensions: Option<String>,
    }
    let uri = format!("/?{query}").parse().map_err(|_| "The query string is malformed.".to_owned())?;
    let axum::extract::Query(parameters) = axum::extract::Query::<Parameters>::try_from_uri(&uri)
        .map_err(|rejection| format!("{}.", rejection.body_text()))?;
    let mut fields = Map::new();
    for (name, text) in [
        ("query", parameters.query),
        ("operationName", parameters.operation_name),
        (DOCUMENT_ID, parameters.document_id),
    ] {
        fields.extend(text.map(|text| (name.to_owned(), Value::String(text))));
    }
    for (name, text) in [("variables", parameters.variables), ("extensions", parameters.extensions)] {
        let Some(text) = text else { continue };
        let json = serde_json::from_str(&text).map_err(|error| format!("\"{name}\" is not JSON: {error}."))?;
        fields.insert(name.to_owned(), json);
    }
    from_fields(fields)
}

/// The fields of one request. Unknown ones are ignored, as the draft demands.
///
/// The types are checked here, by hand, because the deserialiser's message would not name the field.
pub(super) fn from_fields(mut fields: Map<String, Value>) -> Result<Request, Complaint> {
    fields.retain(|name, value| {
        let known = ["query", "operationName", "variables", "extensions", DOCUMENT_ID].contains(&name.as_str());
        known && !value.is_null()
    });
    for (name, wanted, fits) in [
        ("query", "a string", Value::is_string as fn(&Value) -> bool),
        ("operationName", "a string or null", Value::is_string),
        ("variables", "an object or null", Value::is_object),
        ("extensions", "an object or null", Value::is_object),
        (DOCUMENT_ID, "a string or null", Value::is_string),
    ] {
        if fields.get(name).is_some_and(|value| !fits(value)) {
            return Err(format!("\"{name}\" must be {wanted}."));
        }
    }
    if let Some(Value::String(id)) = fields.remove(DOCUMENT_ID) {
        name_a_stored_document(&mut fields, &id)?;
    }
    if !fields.contains_key("query") && !names_a_stored_document(&fields) {
        return Err("\"query\" is missing.".to_owned());
    }
    serde_json::from_value(Value::Object(fields)).map_err(|error| format!("The request cannot be read: {error}."))
}

/// Names a stored document: `sha256:` and its hash, in place of the text (GraphQL over HTTP, persisted documents).
const DOCUMENT_ID: &str = "documentId";

/// `extensions.persistedQuery` stands in for the text; the engine looks it up.
fn names_a_stored_document(fields: &Map<String, Value>) -> bool {
    fields.get("extensions").and_then(|extensions| extensions.get("persistedQuery")).is_some_and(Value::is_object)
}

/// Says in the one way what can be said in two.
fn name_a_stored_document(fields: &mut Map<String, Value>, id: &str) -> Result<(), Complaint> {
    let hash = id.strip_prefix("sha256:").ok_or_else(|| "\"documentId\" must begin with \"sha256:\".".to_owned())?;
    let Value::Object(extensions) = fields.entry("extensions").or_insert_with(|| Value::Object(Map::new())) else {
        return Ok(());
    };
    let named = json!({ "version": 1, "sha256Hash": hash });
    match extensions.insert("persistedQuery".to_owned(), named) {
        Some(other) if other["sha256Hash"] != *hash => Err("The request names two documents.".to_owned()),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(body: &str, expected: &str) {
        let got = match from_body(body.as_bytes(), 2) {
            Ok(Call::One(request)) => {
                format!("{} {:?} {}", request.query, request.operation_name, request.variables.len())
            }
            Ok(Call::Batch(requests)) => format!("batch of {}", requests.len()),
            Err(complaint) => complaint,
        };
        assert_eq!(got, expected, "{body}");
    }

    #[test]
    fn bodies_are_read_or_refused_with_the_field_that_is_wrong() {
        check(r#"{"query":"{a}"}"#, "{a} None 0");
        check(r#"{"query":"{a}","operationName":"A","variables":{"x":1},"unknown":[1]}"#, r#"{a} Some("A") 1"#);
        check(r#"{"query":"{a}","operationName":null,"variables":null,"extensions":null}"#, "{a} None 0");
        check(r#"{"extensions":{"persistedQuery":{"sha256Hash":"00"}}}"#, " None 0");
        check(r#"{"documentId":"sha256:00"}"#, " None 0");
        check(r#"{"documentId":"00"}"#, r#""documentId" must begin with "sha256:"."#);
        check(r#"{"documentId":7}"#, r#""documentId" must be a string or null."#);
        let twice = r#"{"documentId":"sha256:00","extensions":{"persistedQuery":{"sha256Hash":"01"}}}"#;
        check(twice, "The request names two documents.");
        check("{}", r#""query" is missing."#);
        check(r#"{"query":null}"#, r#""query" is missing."#);
        check(r#"{"query":1}"#, r#""query" must be a string."#);
        check(r#"{"query":"{a}","operationName":[]}"#, r#""operationName" must be a string or null."#);
        check(r#"{"query":"{a}","variables":"{}"}"#, r#""variables" must be an object or null."#);
        check(r#"{"query":"{a}","extensions":[]}"#, r#""extensions" must be an object or null."#);
        check(r#""text""#, "The body is a JSON object, or an array of them.");
        check("", "The body is not JSON: EOF while parsing a value at line 1 column 0.");
    }

    #[test]
    fn batches_are_bounded_and_name_the_entry_that_is_wrong() {
        check(r#"[{"query":"{a}"},{"query":"{b}"}]"#, "batch of 2");
        check("[]", "The batch is empty.");
        check("[1,2,3]", "The batch has 3 requests; at most 2 are allowed.");
        check(r#"[{"query":"{a}"},7]"#, "Batch entry 1 is not an object.");
        check(r#"[{"query":"{a}"},{}]"#, r#"Batch entry 1: "query" is missing."#);
    }

    #[test]
    fn a_body_has_a_limited_number_of_values() {
        let body = |list: String| format!(r#"{{"query":"{{a}}","variables":{{"x":[{list}]}}}}"#);
        check(&body("0,".repeat(20_001)), "The body has more than 20000 values.");
        let text = "[,{:".repeat(20_001);
        check(&body(format!(r#""{text}\"{text}""#)), "{a} None 1");
    }

    #[test]
    fn query_strings_carry_json_in_variables_and_extensions() {
        let check = |query, expected: Result<(&str, usize), &str>| {
            let got = from_query_string(query).map(|request| (request.query, request.variables.len()));
            assert_eq!(got.as_ref().map(|(text, n)| (text.as_str(), *n)).map_err(String::as_str), expected, "{query}");
        };
        check("query=%7Ba%7D&variables=%7B%22x%22%3A1%7D", Ok(("{a}", 1)));
        check("query={a}&operationName=A&other=1", Ok(("{a}", 0)));
        check("documentId=sha256%3A00", Ok(("", 0)));
        check("", Err(r#""query" is missing."#));
        check("query=%7Ba%7D&variables=%5B%5D", Err(r#""variables" must be an object or null."#));
        check("query=%7Ba%7D&extensions=x", Err(r#""extensions" is not JSON: expected value at line 1 column 1."#));
    }
}
