//! What a subscription asks, apart from where it begins: whoever asks the same with the same rights gets the same.

use std::sync::Arc;

use async_graphql::parser::types::{ExecutableDocument, Selection};
use async_graphql::{Name, Request, Variables};

use super::groups::Key;
use crate::auth::Caller;
use crate::documents::{self, Document};

/// The argument of a root field that says where to begin.
const BEGIN: &str = "after";

/// A subscription's document and variables.
pub(crate) struct Question {
    text: String,
    document: Arc<Document>,
    operation: Option<String>,
    variables: Variables,
}

impl Question {
    /// The question of a request that can be shared: one with a single root field. `None` for any other; each asks
    /// for itself.
    pub(crate) fn of(request: &Request) -> Option<Self> {
        let document = Arc::clone(documents::of(request)?);
        let operation = request.operation_name.clone();
        root(&document, operation.as_deref())?;
        Some(Self { text: request.query.clone(), document, operation, variables: request.variables.clone() })
    }

    /// The request, to be executed once more.
    pub(crate) fn request(&self) -> Request {
        let mut request = Request::new(self.text.clone()).variables(self.variables.clone());
        request.operation_name.clone_from(&self.operation);
        documents::attach(&mut request, Arc::clone(&self.document));
        request
    }

    /// What has to be the same for two callers to be given the same: the question, and everything about the caller
    /// that can change an answer; and who pays, so that nobody waits for another's points. When a token ends is not among it; the socket minds that.
    pub(crate) fn key(&self, caller: &Caller) -> Option<Key> {
        let mut variables = self.variables.clone();
        if let Some(begin) = root(&self.document, self.operation.as_deref()).and_then(|root| root.begin)
            && self.is_used_once(&begin)
        {
            variables.remove(&begin);
        }
        Some(Key {
            workspace: caller.workspace,
            payer: caller.payer(),
            host: caller.host,
            grants: caller.grants.clone(),
            document: self.text.clone(),
            operation: self.operation.clone(),
            variables: serde_json::to_string(&variables).ok()?,
        })
    }

    /// Whether a variable stands nowhere but in its definition and in one other place. A comment that names it makes
    /// for less sharing, and for no mistake.
    fn is_used_once(&self, variable: &Name) -> bool {
        let is_name = |next: Option<char>| next.is_some_and(|next| next.is_ascii_alphanumeric() || next == '_');
        let uses =
            self.text.split('$').skip(1).filter(|rest| {
                rest.strip_prefix(variable.as_str()).is_some_and(|after| !is_name(after.chars().next()))
            });
        uses.count() == 2
    }
}

/// A single root field.
struct Root {
    /// The variable that says where it begins.
    begin: Option<Name>,
}

/// The root field of the operation that the executor will choose, if it is the only one.
fn root(document: &ExecutableDocument, name: Option<&str>) -> Option<Root> {
    let operation = documents::operation(document, name)?;
    let [only] = operation.selection_set.node.items.as_slice() else { return None };
    let Selection::Field(field) = &only.node else { return None };
    let begin = field.node.arguments.iter().find(|(name, _)| name.node == BEGIN);
    // Its text is `$name` for a variable; a string would be quoted.
    let variable = begin.and_then(|(_, value)| value.node.to_string().strip_prefix('$').map(Name::new));
    Some(Root { begin: variable })
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use domain::access::{Grants, Scope};
    use domain::ids::EntityId;
    use serde_json::json;
    use uuid::Uuid;

    use super::*;
    use crate::auth::Ground;

    fn caller(scopes: &[Scope]) -> Caller {
        Caller {
            workspace: EntityId::from_uuid(Uuid::nil()),
            client: EntityId::from_uuid(Uuid::nil()),
            host: None,
            grants: scopes.iter().copied().collect::<Grants>(),
            token: EntityId::from_uuid(Uuid::nil()),
            allowed: None,
            ground: Ground::Ours("".into()),
            expires_at: DateTime::UNIX_EPOCH,
        }
    }

    fn asked(document: &str, variables: serde_json::Value) -> Option<Question> {
        let mut request = Request::new(document).variables(Variables::from_json(variables));
        documents::attach(&mut request, documents::read(document).unwrap().into());
        Question::of(&request)
    }

    fn key(document: &str, variables: serde_json::Value, scopes: &[Scope]) -> Option<Key> {
        asked(document, variables)?.key(&caller(scopes))
    }

    const FOLLOW: &str =
        "subscription ($a: EventCursor, $b: ID) { meetingEvents(after: $a, filter: {hostId: $b}) { id } }";
    const SCOPES: &[Scope] = &[Scope::EventsSubscribe];

    #[test]
    fn those_who_ask_the_same_share_wherever_they_begin() {
        let ours = key(FOLLOW, json!({"a": "x", "b": "h"}), SCOPES);
        assert!(ours.is_some());
        assert!(ours == key(FOLLOW, json!({"a": "y", "b": "h"}), SCOPES), "another cursor");
        assert!(ours == key(FOLLOW, json!({"b": "h"}), SCOPES), "from now on");
        assert!(ours != key(FOLLOW, json!({"a": "x", "b": "other"}), SCOPES), "another filter");
        assert!(ours != key(&FOLLOW.replace("{ id }", "{ type }"), json!({"b": "h"}), SCOPES), "another selection");
    }

    #[test]
    fn rights_are_part_of_the_question() {
        let few = key(FOLLOW, json!({}), SCOPES);
        assert!(few != key(FOLLOW, json!({}), &[Scope::EventsSubscribe, Scope::ContactsPiiRead]));
        let mut other = caller(SCOPES);
        other.host = Some(EntityId::from_uuid(Uuid::nil()));
        let asked = asked(FOLLOW, json!({})).unwrap();
        assert!(asked.key(&caller(SCOPES)) != asked.key(&other), "a token that speaks for a host");
        other = Caller { workspace: EntityId::from_uuid(Uuid::max()), ..caller(SCOPES) };
        assert!(asked.key(&caller(SCOPES)) != asked.key(&other), "another workspace");
        other = Caller { client: EntityId::from_uuid(Uuid::max()), ..caller(SCOPES) };
        assert!(asked.key(&caller(SCOPES)) != asked.key(&other), "another client");
        let later = Caller { expires_at: DateTime::<chrono::Utc>::MAX_UTC, ..caller(SCOPES) };
        assert!(asked.key(&caller(SCOPES)) == asked.key(&later), "another expiry");
    }

    #[test]
    fn a_cursor_that_means_more_than_a_beginning_tells_apart() {
        let document = "subscription ($a: EventCursor) { meetingEvents(after: $a) { id x(y: $a) } }";
        assert!(key(document, json!({"a": "x"}), SCOPES) != key(document, json!({"a": "y"}), SCOPES));
    }

    #[test]
    fn several_root_fields_are_not_shared() {
        assert!(key("subscription { a: meetingBooked { id } b: meetingOutcome { id } }", json!({}), SCOPES).is_none());
    }
}
