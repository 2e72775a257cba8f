//! The engine: joins the transports to the schema. It finds out who calls, gives the resolvers their scope, and makes
//! sure that every error has a code.

use std::sync::Arc;
use std::time::Duration;

use async_graphql::dataloader::DataLoader;
use async_graphql::{Name, Request, Response, Value};
use chrono::{DateTime, Utc};
use domain::events::EventCursor;
use domain::operation::CorrelationId;
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use tracing::Instrument;

use crate::auth::{Caller, Ground, TokenFault, Tokens};
use crate::clients::Clients;
use crate::gateway::{AuthFault, Engine, StreamItem};
use crate::order::Asked;
use crate::schema::{Deeds, MeridianSchema, Reads, RequestScope, build, classify, unparsable};
use crate::subscriptions::{self, Ask, Course, Groups, Hub, Question};
use crate::{Api, budget};

/// A handle on the schema and what it needs; clones share it.
#[derive(Clone)]
pub(crate) struct SchemaEngine {
    api: Arc<Api>,
    tokens: Arc<Tokens>,
    hub: Hub,
    groups: Groups,
    clients: Clients,
    schema: MeridianSchema,
}

impl SchemaEngine {
    pub(crate) fn new(api: Arc<Api>, tokens: Arc<Tokens>, clients: Clients, hub: Hub) -> Self {
        Self { api, tokens, hub, groups: Groups::default(), clients, schema: build() }
    }

    fn scope(&self, caller: &Caller, correlation: &CorrelationId, course: Arc<Course>) -> Arc<RequestScope> {
        Arc::new(RequestScope {
            api: Arc::clone(&self.api),
            hub: self.hub.clone(),
            course,
            caller: caller.clone(),
            correlation: correlation.clone(),
            deeds: Deeds::default(),
        })
    }
}

impl SchemaEngine {
    /// Executes a subscription on a course.
    fn follow(
        &self,
        caller: &Caller,
        mut request: Request,
        correlation: &CorrelationId,
        course: Arc<Course>,
    ) -> BoxStream<'static, Response> {
        let scope = self.scope(caller, correlation, course);
        let mut asked = Asked::by(&mut request);
        let responses = self.schema.execute_stream(with_scope(request, Arc::clone(&scope)));
        responses.map(move |response| finished(response, &scope, &mut asked)).boxed()
    }

    #[cfg(test)]
    pub(crate) fn groups(&self) -> &Groups {
        &self.groups
    }

    /// The way to execute a question, on any course.
    fn ask(&self, question: Question, caller: &Caller, correlation: &CorrelationId) -> Ask {
        let (engine, caller, correlation) = (self.clone(), caller.clone(), correlation.clone());
        Arc::new(move |course| engine.follow(&caller, question.request(), &correlation, course))
    }
}

/// The request with the scope and the loaders of its resolvers.
fn with_scope(request: Request, scope: Arc<RequestScope>) -> Request {
    let reads = DataLoader::new(Reads(scope.reader()), tokio::spawn);
    request.data(scope).data(reads)
}

fn finished(mut response: Response, scope: &RequestScope, asked: &mut Asked) -> Response {
    asked.arrange(&mut response.data);
    classify(&mut response.errors);
    for error in &mut response.errors {
        if let Some(extensions) = &mut error.extensions {
            extensions.set("correlationId", scope.correlation.as_str());
        }
    }
    if scope.deeds.are_replays() {
        let replayed = [(Name::new("replayed"), Value::Boolean(true))];
        response.extensions.insert("idempotency".to_owned(), Value::Object(replayed.into_iter().collect()));
    }
    response
}

/// The one line per operation: who, what and how it went; never what was in it.
fn log(scope: &RequestScope, operation: Option<&str>, response: &Response, took: Duration) {
    let codes: Vec<String> = response.errors.iter().filter_map(code_of).collect();
    tracing::info!(
        correlation.id = %scope.correlation,
        workspace.id = %scope.caller.workspace,
        client.id = %scope.caller.client,
        operation.name = operation.filter(|name| is_name(name)).unwrap_or_default(),
        operation.replayed = scope.deeds.are_replays(),
        error.codes = codes.join(" "),
        duration.ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        "an operation was answered"
    );
}

/// What a document may name its operation (GraphQL §2.1.9). Anything else in the name's place could be anything.
fn is_name(text: &str) -> bool {
    text.len() <= 64 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn code_of(error: &async_graphql::ServerError) -> Option<String> {
    match error.extensions.as_ref()?.get("code")? {
        Value::String(code) => Some(code.clone()),
        _ => None,
    }
}

impl Engine for SchemaEngine {
    type Session = Caller;

    async fn authenticate(&self, bearer: Option<&str>) -> Result<Caller, AuthFault> {
        let token = bearer.ok_or(AuthFault::Missing)?;
        self.tokens.check(token).await.map_err(|fault| match fault {
            TokenFault::Invalid => AuthFault::Invalid,
            TokenFault::Expired => AuthFault::Expired,
            TokenFault::Unknown => AuthFault::Unavailable,
        })
    }

    fn expires_at(&self, caller: &Caller) -> Option<DateTime<Utc>> {
        Some(caller.expires_at)
    }

    async fn admits(&self, caller: &Caller, origin: &str) -> Result<bool, AuthFault> {
        // A page token names its own sites; the gate of the schema asks for them, whether a browser calls or not.
        if matches!(caller.ground, Ground::Page(_)) {
            return Ok(true);
        }
        self.clients.admits((caller.workspace, caller.client), origin).await.map_err(|error| {
            tracing::warn!(%error, "the origins of a client could not be read");
            AuthFault::Unavailable
        })
    }

    async fn revoked(&self, caller: &Caller) {
        self.tokens.revoked(caller).await;
    }

    async fn document(
        &self,
        caller: &Caller,
        request: &mut Request,
    ) -> Result<async_graphql::parser::types::ExecutableDocument, Box<Response>> {
        let refuse = |error| Box::new(Response::from_errors(vec![error]));
        self.clients.resolve((caller.workspace, caller.client), request).await.map_err(refuse)?;
        let document =
            async_graphql::parser::parse_query(&request.query).map_err(|error| refuse(unparsable(&error)))?;
        budget::check(&document, request).map_err(refuse)?;
        Ok(document)
    }

    async fn execute(&self, caller: &Caller, mut request: Request, correlation: &CorrelationId) -> Response {
        let scope = self.scope(caller, correlation, Arc::new(Course::alone(None)));
        let operation = request.operation_name.clone();
        let mut asked = Asked::by(&mut request);
        let started = tokio::time::Instant::now();
        // What a resolver logs, above all the cause of an INTERNAL, is found by the id that the caller was told.
        let span = tracing::info_span!("operation", correlation.id = %correlation);
        let response = self.schema.execute(with_scope(request, Arc::clone(&scope))).instrument(span).await;
        let response = finished(response, &scope, &mut asked);
        log(&scope, operation.as_deref(), &response, started.elapsed());
        response
    }

    fn stream(
        &self,
        caller: &Caller,
        mut request: Request,
        after: Option<EventCursor>,
        correlation: &CorrelationId,
    ) -> BoxStream<'static, StreamItem> {
        let begin = after.map(|place| place.0);
        let shared = Question::of(&mut request).and_then(|question| Some((question.key(caller)?, question)));
        if let Some((key, question)) = shared {
            subscriptions::stream(self.groups.clone(), key, &self.ask(question, caller, correlation), begin)
        } else {
            let course = Arc::new(Course::alone(begin));
            self.follow(caller, request, correlation, course).map(StreamItem::from).boxed()
        }
    }

    fn now(&self) -> DateTime<Utc> {
        self.api.edge.now()
    }

    fn new_correlation(&self) -> CorrelationId {
        self.api.edge.correlation()
    }
}
