//! The values of variables, where the executor does not look (§6.1.2): one that is missing, an object that is none, a
//! number that no `Int` holds (§3.5.1).

use apollo_compiler::Name;
use apollo_compiler::ast::Type;
use async_graphql::parser::types::{BaseType, OperationDefinition, Type as Written};
use async_graphql::{ServerError, Value, Variables};
use domain::errors::ErrorCode;

use super::SCHEMA;
use crate::schema::fault;

/// What is wrong with the variables of an operation.
pub(crate) fn complaints(operation: &OperationDefinition, variables: &Variables) -> Vec<ServerError> {
    let mut found = Vec::new();
    for definition in operation.variable_definitions.iter().map(|definition| &definition.node) {
        let (name, wanted) = (&definition.name.node, &definition.var_type.node);
        let path = format!("variables.{name}");
        match variables.get(name) {
            None if wanted.nullable || definition.default_value.is_some() => {}
            None => found.push(complaint("The operation needs a value for this variable.", path)),
            Some(Value::Null) if wanted.nullable => {}
            Some(Value::Null) => found.push(complaint("This variable must not be null.", path)),
            Some(value) => value_fits(value, &read(wanted), &path, &mut found),
        }
    }
    found
}

fn complaint(message: &str, path: String) -> ServerError {
    let mut error = fault(ErrorCode::FieldMismatch, message, None);
    error.extensions.get_or_insert_default().set("field", path);
    error
}

/// A type as the one library writes it, as the other does. A name is one in both.
fn read(written: &Written) -> Type {
    let ty = match &written.base {
        BaseType::Named(name) => Type::Named(Name::new_unchecked(name)),
        BaseType::List(item) => read(item).list(),
    };
    if written.nullable { ty } else { ty.non_null() }
}

fn value_fits(value: &Value, wanted: &Type, path: &str, found: &mut Vec<ServerError>) {
    match value {
        Value::Null => {}
        Value::List(items) if wanted.is_list() => {
            for (index, item) in items.iter().enumerate() {
                value_fits(item, wanted.item_type(), &format!("{path}[{index}]"), found);
            }
        }
        // One item stands for a list of one (§3.11).
        _ if wanted.is_list() => value_fits(value, wanted.item_type(), path, found),
        Value::Number(number) if wanted.inner_named_type() == "Int" => {
            if number.as_i64().is_none_or(|number| i32::try_from(number).is_err()) {
                let message = "Only integers from -2147483648 to 2147483647 are accepted.";
                found.push(complaint(message, path.to_owned()));
            }
        }
        _ => {
            let Some(input) = SCHEMA.get_input_object(wanted.inner_named_type()) else { return };
            let Value::Object(fields) = value else {
                found.push(complaint(&format!("This is not a `{}`.", input.name), path.to_owned()));
                return;
            };
            for (name, value) in fields {
                if let Some(definition) = input.fields.get(name.as_str()) {
                    value_fits(value, &definition.ty, &format!("{path}.{name}"), found);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;
    use serde_json::json;

    use super::*;
    use crate::documents;

    fn check(definitions: &str, variables: serde_json::Value, expected: &[&str]) {
        let document = parse_query(format!("query ({definitions}) {{ viewer {{ scopes }} }}")).unwrap();
        let operation = documents::operation(&document, None).unwrap();
        let told = complaints(operation, &Variables::from_json(variables)).into_iter().map(|error| {
            let field = error.extensions.as_ref().and_then(|extensions| extensions.get("field")).cloned();
            format!("{} {}", field.unwrap(), error.message)
        });
        assert_eq!(told.collect::<Vec<_>>(), expected, "{definitions}");
    }

    #[test]
    fn what_must_be_given_is_given() {
        check("$a: ID, $b: ID! = \"x\", $c: [ID]", json!({}), &[]);
        check("$a: ID!", json!({}), &[r#""variables.a" The operation needs a value for this variable."#]);
        check("$a: ID! = \"x\"", json!({"a": null}), &[r#""variables.a" This variable must not be null."#]);
        check("$a: ID", json!({"a": null}), &[]);
    }

    #[test]
    fn numbers_and_objects_are_such_wherever_they_are() {
        check("$a: [[Int!]]", json!({"a": [[1, -2], 3, null]}), &[]);
        let range = "Only integers from -2147483648 to 2147483647 are accepted.";
        check("$a: [[Int!]]", json!({"a": [[1], 4_294_967_296_i64]}), &[&format!(r#""variables.a[1]" {range}"#)]);
        check("$a: Int", json!({"a": 2.5}), &[&format!(r#""variables.a" {range}"#)]);
        check("$a: DateTime", json!({"a": 4_294_967_296_i64}), &[]);
        let long = json!({"a": {"rules": {"durationMinutes": 4_294_967_296_i64}}});
        check("$a: CreateMeetingTypeInput", long, &[&format!(r#""variables.a.rules.durationMinutes" {range}"#)]);
        check(
            "$a: [EventFilterInput]",
            json!({"a": ["x"]}),
            &[r#""variables.a[0]" This is not a `EventFilterInput`."#],
        );
        check("$a: EventFilterInput", json!({"a": []}), &[r#""variables.a" This is not a `EventFilterInput`."#]);
    }
}
