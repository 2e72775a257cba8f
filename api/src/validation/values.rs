//! Values in a document, where apollo-compiler does not look: variables within lists and objects (§5.8.5), objects that
//! give a field twice (§5.6.3), objects that take exactly one field (§5.6.5).

use std::collections::{HashMap, HashSet};

use apollo_compiler::ast::{DirectiveList, InputValueDefinition, Type, Value, VariableDefinition};
use apollo_compiler::executable::{Selection, SelectionSet};
use apollo_compiler::parser::SourceSpan;
use apollo_compiler::{ExecutableDocument, Name, Node, Schema};

use super::COMPLAINTS_MAX;

/// A sentence, and where it is about.
type Complaint = (String, Option<SourceSpan>);

/// What is wrong with the values of a document that is valid otherwise.
pub(super) fn complaints(schema: &Schema, document: &ExecutableDocument) -> Vec<Complaint> {
    let mut found = Vec::new();
    for operation in document.operations.iter() {
        let variables = operation.variables.iter().map(|variable| (&variable.name, &**variable)).collect();
        let mut walk = Walk { schema, document, variables, seen: HashSet::new(), found: &mut found };
        walk.directives(&operation.directives);
        walk.selections(&operation.selection_set);
    }
    found
}

/// A walk over all that one operation executes, each fragment once.
struct Walk<'a, 'f> {
    schema: &'a Schema,
    document: &'a ExecutableDocument,
    variables: HashMap<&'a Name, &'a VariableDefinition>,
    seen: HashSet<&'a Name>,
    found: &'f mut Vec<Complaint>,
}

impl<'a> Walk<'a, '_> {
    fn selections(&mut self, set: &'a SelectionSet) {
        for selection in &set.selections {
            self.directives(selection.directives());
            match selection {
                Selection::Field(field) => {
                    for argument in &field.arguments {
                        self.argument(field.definition.argument_by_name(&argument.name), &argument.value);
                    }
                    self.selections(&field.selection_set);
                }
                Selection::InlineFragment(fragment) => self.selections(&fragment.selection_set),
                Selection::FragmentSpread(spread) => {
                    let fragment = spread.fragment_def(self.document);
                    if let Some(fragment) = fragment.filter(|_| self.seen.insert(&spread.fragment_name)) {
                        self.selections(&fragment.selection_set);
                    }
                }
            }
        }
    }

    fn directives(&mut self, directives: &'a DirectiveList) {
        for directive in directives {
            let definition = self.schema.directive_definitions.get(&directive.name);
            for argument in &directive.arguments {
                let known = definition.and_then(|definition| definition.argument_by_name(&argument.name));
                self.argument(known, &argument.value);
            }
        }
    }

    fn argument(&mut self, definition: Option<&Node<InputValueDefinition>>, value: &'a Node<Value>) {
        if let Some(definition) = definition {
            self.value(value, &definition.ty, definition.default_value.is_some());
        }
    }

    fn value(&mut self, value: &'a Node<Value>, wanted: &Type, has_default: bool) {
        if self.found.len() >= COMPLAINTS_MAX {
            return;
        }
        match &**value {
            Value::Variable(name) => {
                let variable = self.variables.get(name);
                if let Some(variable) = variable.filter(|variable| !may_stand(variable, wanted, has_default)) {
                    let is = &variable.ty;
                    let message =
                        format!("variable `${name}` of type `{is}` cannot be used where `{wanted}` is expected");
                    self.found.push((message, value.location()));
                }
            }
            Value::List(items) => items.iter().for_each(|item| self.value(item, wanted.item_type(), false)),
            Value::Object(fields) => self.object(fields, wanted, value.location()),
            _ => {}
        }
    }

    fn object(&mut self, fields: &'a [(Name, Node<Value>)], wanted: &Type, at: Option<SourceSpan>) {
        let Some(input) = self.schema.get_input_object(wanted.inner_named_type()) else { return };
        let mut given = HashSet::new();
        for (name, _) in fields.iter().filter(|(name, _)| !given.insert(name)) {
            self.found.push((format!("field `{name}` is given twice"), at));
        }
        let is_one_of = input.directives.has("oneOf");
        if is_one_of && !matches!(fields, [(_, value)] if !value.is_null()) {
            let message = format!("exactly one field of `{}` must be given, and not null", input.name);
            self.found.push((message, at));
        }
        for (name, value) in fields {
            let Some(definition) = input.fields.get(name) else { continue };
            let wanted = if is_one_of { &definition.ty.as_ref().clone().non_null() } else { &*definition.ty };
            self.value(value, wanted, definition.default_value.is_some());
        }
    }
}

/// IsVariableUsageAllowed (§5.8.5).
fn may_stand(variable: &VariableDefinition, wanted: &Type, has_default: bool) -> bool {
    let is_filled = has_default || variable.default_value.as_ref().is_some_and(|value| !value.is_null());
    let wanted = if is_filled { &super::given(wanted) } else { wanted };
    variable.ty.is_assignable_to(wanted)
}
