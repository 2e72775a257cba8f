//! The fields of an answer in the order in which they were asked for (GraphQL specification §7.2.2).
//!
//! The executor writes each field down when it is done, so the same document could be answered with other bytes each
//! time. It is put right after the execution, because resolving one field after the other would cost the batching of
//! reads.

use std::sync::Arc;

use async_graphql::parser::types::{ExecutableDocument, Selection, SelectionSet};
use async_graphql::{Name, Request, Value};

use crate::documents::{self, Document};

/// What a request asks for.
pub(crate) struct Asked {
    document: Option<Arc<Document>>,
    operation: Option<String>,
    /// Found out when there is something to put in order: a document that was executed has no circles of fragments.
    order: Option<Order>,
}

impl Asked {
    /// By this request.
    pub(crate) fn by(request: &Request) -> Self {
        Self { document: documents::of(request).cloned(), operation: request.operation_name.clone(), order: None }
    }

    /// Puts the fields of an executed request's data in their order.
    pub(crate) fn arrange(&mut self, data: &mut Value) {
        let (Value::Object(_), Some(document)) = (&*data, &self.document) else { return };
        let order = self.order.get_or_insert_with(|| Order::of(document, self.operation.as_deref()));
        order.arrange(data);
    }
}

/// The fields of a selection, each with the order of its own fields; empty for a leaf.
#[derive(Default)]
struct Order(Vec<(Name, Order)>);

impl Order {
    fn of(document: &ExecutableDocument, operation: Option<&str>) -> Self {
        let mut order = Self::default();
        if let Some(chosen) = documents::operation(document, operation) {
            order.add(document, &chosen.selection_set.node);
        }
        order
    }

    /// Adds what a selection asks for. Fragments count whatever type they are on: the fields of one that does not apply
    /// are not there, and need no place.
    fn add(&mut self, document: &ExecutableDocument, set: &SelectionSet) {
        for selection in &set.items {
            match &selection.node {
                Selection::Field(field) => {
                    let name = &field.node.response_key().node;
                    let place = self.0.iter().position(|(known, _)| known == name).unwrap_or_else(|| {
                        self.0.push((name.clone(), Self::default()));
                        self.0.len() - 1
                    });
                    self.0[place].1.add(document, &field.node.selection_set.node);
                }
                Selection::InlineFragment(fragment) => self.add(document, &fragment.node.selection_set.node),
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = document.fragments.get(&spread.node.fragment_name.node) {
                        self.add(document, &fragment.node.selection_set.node);
                    }
                }
            }
        }
    }

    fn arrange(&self, value: &mut Value) {
        match value {
            Value::List(items) => items.iter_mut().for_each(|item| self.arrange(item)),
            // An object at a leaf is the value of a JSON scalar: it stays as it is.
            Value::Object(fields) if !self.0.is_empty() => {
                let mut wanted = self.0.iter();
                if !fields.keys().all(|name| wanted.any(|(next, _)| next == name)) {
                    let place = |name: &Name| self.0.iter().position(|(next, _)| next == name);
                    fields.sort_by(|one, _, other, _| place(one).cmp(&place(other)));
                }
                for (name, inner) in self.0.iter().filter(|(_, inner)| !inner.0.is_empty()) {
                    if let Some(field) = fields.get_mut(name) {
                        inner.arrange(field);
                    }
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The data as text, after it was put in the order that the document asks for.
    fn check(document: &str, data: &serde_json::Value, expected: &str) {
        let mut data = Value::from_json(data.clone()).unwrap();
        let mut request = Request::new(document).operation_name("Q");
        documents::attach(&mut request, documents::read(document).unwrap().into());
        Asked::by(&request).arrange(&mut data);
        assert_eq!(serde_json::to_string(&data).unwrap(), expected);
    }

    #[test]
    fn fields_come_as_they_were_asked_for() {
        check("{ b a }", &json!({"a": 1, "b": 2}), r#"{"b":2,"a":1}"#);
        check("{ x: b a }", &json!({"a": 1, "x": 2}), r#"{"x":2,"a":1}"#);
        check(
            "{ b { d c } a }",
            &json!({"a": 1, "b": [{"c": 1, "d": 2}, null]}),
            r#"{"b":[{"d":2,"c":1},null],"a":1}"#,
        );
        check("{ b skipped a }", &json!({"a": 1, "b": 2}), r#"{"b":2,"a":1}"#);
        check("query P { a b } query Q { b a }", &json!({"a": 1, "b": 2}), r#"{"b":2,"a":1}"#);
    }

    #[test]
    fn fragments_stand_where_they_were_spread() {
        check(
            "{ z ...F ... on T { x } a } fragment F on T { y z }",
            &json!({"a": 1, "x": 2, "y": 3, "z": 4}),
            r#"{"z":4,"y":3,"x":2,"a":1}"#,
        );
        check(
            "{ n { b } ... on T { n { c a } } }",
            &json!({"n": {"a": 1, "b": 2, "c": 3}}),
            r#"{"n":{"b":2,"c":3,"a":1}}"#,
        );
    }
}
