//! The gate before the root fields: it asks the policy table, so that no resolver can forget to; and it writes the
//! table into the schema as `@requiresScope`.

use std::borrow::Cow;
use std::pin::Pin;

use async_graphql::indexmap::IndexMap;
use async_graphql::parser::types::Field;
use async_graphql::registry::{
    __DirectiveLocation, Deprecation, MetaDirective, MetaDirectiveInvocation, MetaInputValue, MetaType, Registry,
};
use async_graphql::{
    ContainerType, Context, ContextSelectionSet, Error, ObjectType, OutputType, Positioned, Response, ServerError,
    ServerResult, SubscriptionType, Value,
};
use domain::access::policy::{self, Rule};
use domain::errors::ErrorCode;
use domain::metering::{Allowance, Cost, Taken};
use domain::workspaces::PageToken;
use futures_util::Stream;
use futures_util::stream;

use super::errors::{denied, fail, fault};
use super::request::RequestScope;
use crate::gateway::OriginHeader;

/// A root type behind the gate.
#[derive(Default)]
pub struct Gate<T>(T);

/// Whether the caller may have a root field.
fn pass(ctx: &Context<'_>, root: &str) -> Result<(), ServerError> {
    let (request, field) = (RequestScope::of(ctx), ctx.item.node.name.node.as_str());
    let refusal = match policy::root_field(root, field) {
        Some(rule) if request.sees(rule) => match request.caller.page() {
            Some(page) => match enter(ctx, page, rule) {
                Ok(()) => return Ok(()),
                Err(refusal) => refusal,
            },
            None => return Ok(()),
        },
        Some(rule) => denied(rule),
        // A test compares table and schema; should it ever be wrong, what nobody decided about is open to nobody.
        None => fail(ErrorCode::Internal, ErrorCode::Internal.entry().cause),
    };
    Err(ctx.set_error_path(refusal.into_server_error(ctx.item.pos)))
}

/// Whether the visitor of a page may have a root field: one of those that are open to pages, from its sites.
fn enter(ctx: &Context<'_>, page: &PageToken, rule: &Rule) -> Result<(), Error> {
    if !policy::PAGE_FIELDS.contains(&rule.coordinate) {
        return Err(fail(ErrorCode::ScopeDenied, "A page token does not open this field."));
    }
    let origin = ctx.data_opt::<OriginHeader>().map(|origin| origin.0.as_str());
    if !page.is_for(origin) {
        return Err(fail(ErrorCode::ScopeDenied, "The page token is not for this origin."));
    }
    Ok(())
}

/// Takes a root field from the minute that all visitors of a page share.
async fn count(ctx: &Context<'_>) -> Result<(), ServerError> {
    let request = RequestScope::of(ctx);
    let Some(page) = request.caller.page() else { return Ok(()) };
    let (key, minute) =
        (format!("fields:{}", page.id), Allowance::of_minute(page.settings.fields_per_minute.unsigned_abs()));
    match request.meters.take(&key, minute, Cost::LEAST, request.api.edge.now()).await {
        Taken::Paid { .. } => Ok(()),
        Taken::Refused { wait, .. } => {
            let mut refusal = fault(ErrorCode::RateLimited, "The page token has spent its minute.", Some(wait));
            refusal.locations.push(ctx.item.pos);
            Err(ctx.set_error_path(refusal))
        }
    }
}

impl<T: ObjectType> ContainerType for Gate<T> {
    async fn resolve_field(&self, ctx: &Context<'_>) -> ServerResult<Option<Value>> {
        pass(ctx, &T::type_name())?;
        count(ctx).await?;
        self.0.resolve_field(ctx).await
    }
}

impl<T: ObjectType> OutputType for Gate<T> {
    fn type_name() -> Cow<'static, str> {
        T::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        let name = T::create_type_info(registry);
        annotate(registry);
        name
    }

    async fn resolve(&self, ctx: &ContextSelectionSet<'_>, field: &Positioned<Field>) -> ServerResult<Value> {
        self.0.resolve(ctx, field).await
    }
}

impl<T: ObjectType> ObjectType for Gate<T> {}

impl<T: SubscriptionType> SubscriptionType for Gate<T> {
    fn type_name() -> Cow<'static, str> {
        T::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        let name = T::create_type_info(registry);
        annotate(registry);
        name
    }

    fn create_field_stream<'a>(
        &'a self,
        ctx: &'a Context<'_>,
    ) -> Option<Pin<Box<dyn Stream<Item = Response> + Send + 'a>>> {
        match pass(ctx, &T::type_name()) {
            Ok(()) => self.0.create_field_stream(ctx),
            Err(refusal) => Some(Box::pin(stream::iter([Response::from_errors(vec![refusal])]))),
        }
    }
}

const DIRECTIVE: &str = "requiresScope";

/// Writes the table on everything of the registry that it speaks of. Each root type does so when its types are there.
fn annotate(registry: &mut Registry) {
    registry.directives.entry(DIRECTIVE.to_owned()).or_insert_with(directive);
    for rule in [policy::ROOT_FIELDS, policy::HIDDEN_FIELDS, policy::GUARDED_INPUTS].into_iter().flatten() {
        let Some((name, field)) = rule.coordinate.split_once('.') else { continue };
        let invocations = match registry.types.get_mut(name) {
            Some(MetaType::Object { fields, .. }) => {
                fields.get_mut(field).map(|field| &mut field.directive_invocations)
            }
            Some(MetaType::InputObject { input_fields, .. }) => {
                input_fields.get_mut(field).map(|field| &mut field.directive_invocations)
            }
            _ => None,
        };
        if let Some(invocations) = invocations
            && !rule.scopes.is_empty()
            && !invocations.iter().any(|known| known.name == DIRECTIVE)
        {
            invocations.push(invocation(rule));
        }
    }
}

fn invocation(rule: &Rule) -> MetaDirectiveInvocation {
    let scopes = rule.scopes.iter().map(|scope| Value::String(scope.to_string())).collect();
    MetaDirectiveInvocation {
        name: DIRECTIVE.to_owned(),
        args: IndexMap::from([("scope".to_owned(), Value::List(scopes))]),
    }
}

fn directive() -> MetaDirective {
    let scope = MetaInputValue {
        name: "scope".to_owned(),
        description: Some("One of these is needed, e.g. `contacts.pii:read`.".to_owned()),
        ty: "[String!]!".to_owned(),
        deprecation: Deprecation::NoDeprecated,
        default_value: None,
        visible: None,
        inaccessible: false,
        tags: Vec::new(),
        is_secret: false,
        directive_invocations: Vec::new(),
    };
    let description = "The scopes of the access token that open a field. Without one a root field or a filter answers \
                       SCOPE_DENIED; any other field is null, or an empty list.";
    MetaDirective {
        name: DIRECTIVE.to_owned(),
        description: Some(description.to_owned()),
        locations: vec![__DirectiveLocation::FIELD_DEFINITION, __DirectiveLocation::INPUT_FIELD_DEFINITION],
        args: IndexMap::from([("scope".to_owned(), scope)]),
        is_repeatable: false,
        visible: None,
        composable: None,
    }
}
