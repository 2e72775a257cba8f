//! The engine: joins the transports to the schema. It finds out who calls, gives the resolvers their scope, and makes
//! sure that every error has a code.

use std::any::TypeId;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use async_graphql::dataloader::DataLoader;
use async_graphql::{Name, Request, Response, Value};
use axum::http::HeaderValue;
use axum::http::header::RETRY_AFTER;
use chrono::{DateTime, Utc};
use domain::errors::ErrorCode;
use domain::events::EventCursor;
use domain::operation::CorrelationId;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt, stream};
use persistence::meters::Meters;
use tracing::Instrument;

use crate::Api;
use crate::admission::{Admission, Charge};
use crate::auth::{Caller, Ground, TokenFault, Tokens};
use crate::clients::Clients;
use crate::cost::Prices;
use crate::documents::Document;
use crate::executor::{Executor, present};
use crate::gateway::{AuthFault, Engine, StreamItem};
use crate::order::Asked;
use crate::schema::{self, Deeds, Reads, RequestScope};
use crate::subscriptions::{self, Ask, Course, Groups, Hub, Payer, Question};
use crate::turns::Turns;

/// A handle on the schema and what it needs; clones share it.
#[derive(Clone)]
pub(crate) struct SchemaEngine {
    api: Arc<Api>,
    tokens: Arc<Tokens>,
    hub: Hub,
    groups: Groups,
    clients: Clients,
    executor: Executor,
    admission: Arc<Admission>,
    meters: Meters,
    turns: Arc<Turns>,
}

impl SchemaEngine {
    pub(crate) fn new(api: Arc<Api>, tokens: Arc<Tokens>, clients: Clients, (hub, meters): (Hub, Meters)) -> Self {
        let limits = api.config.limits;
        let admission = Arc::new(Admission::new(Prices::read(&schema::sdl()), meters.clone(), limits));
        let turns = Arc::new(Turns::new(limits.running_per_workspace_max));
        let executor = Executor::new(limits);
        Self { api, tokens, hub, groups: Groups::default(), clients, executor, admission, meters, turns }
    }

    fn scope(&self, caller: &Caller, correlation: &CorrelationId, course: Arc<Course>) -> Arc<RequestScope> {
        Arc::new(RequestScope {
            api: Arc::clone(&self.api),
            hub: self.hub.clone(),
            course,
            caller: caller.clone(),
            correlation: correlation.clone(),
            meters: self.meters.clone(),
            deeds: Deeds::default(),
        })
    }
}

impl SchemaEngine {
    /// Executes a subscription on a course.
    fn follow(
        &self,
        caller: &Caller,
        request: Request,
        correlation: &CorrelationId,
        course: Arc<Course>,
    ) -> BoxStream<'static, Response> {
        let scope = self.scope(caller, correlation, course);
        let mut asked = Asked::by(&request);
        let plan = self.admission.plan(&request);
        let responses = self.executor.schema.execute_stream(with_scope(request, Arc::clone(&scope)));
        let finished = responses.map(move |response| finished(response, &scope, &mut asked));
        let (admission, edge) = (Arc::clone(&self.admission), self.api.edge.clone());
        Payer { admission, edge, name: caller.payer(), plan }.pays_for(finished.boxed())
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

/// The answer to a request that waited in vain.
fn crowded() -> Response {
    let message = "Too many requests of the workspace run already.";
    let mut response = Response::from_errors(vec![schema::fault(ErrorCode::RateLimited, message, None)]);
    response.http_headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
    response
}

/// What the request was charged when it was admitted.
fn charge_of(request: &Request) -> Option<Arc<Charge>> {
    request.data.get(&TypeId::of::<Arc<Charge>>())?.downcast_ref().cloned()
}

/// The request with the scope and the loaders of its resolvers.
fn with_scope(request: Request, scope: Arc<RequestScope>) -> Request {
    let reads = DataLoader::new(Reads(scope.reader()), tokio::spawn);
    request.data(scope).data(reads)
}

fn finished(mut response: Response, scope: &RequestScope, asked: &mut Asked) -> Response {
    asked.arrange(&mut response.data);
    present(&mut response.errors);
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

    async fn authenticate(&self, bearer: Option<&str>, from: Option<IpAddr>) -> Result<Caller, AuthFault> {
        let token = bearer.ok_or(AuthFault::Missing)?;
        if let Some(from) = from.filter(|_| self.tokens.asks_the_store(token)) {
            self.admission.let_look(from, self.now()).await.map_err(AuthFault::TooOften)?;
        }
        self.tokens.check(token).await.map_err(|fault| match fault {
            TokenFault::Invalid => AuthFault::Invalid,
            TokenFault::Expired => AuthFault::Expired,
            TokenFault::Unknown => AuthFault::Unavailable,
        })
    }

    fn expires_at(&self, caller: &Caller) -> Option<DateTime<Utc>> {
        Some(caller.expires_at)
    }

    fn payer(&self, caller: &Caller) -> Option<String> {
        Some(caller.payer())
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

    async fn document(&self, caller: &Caller, request: &mut Request) -> Result<Arc<Document>, Box<Response>> {
        let known = self.clients.resolve((caller.workspace, caller.client), request).await;
        known.map_err(|error| Box::new(Response::from_errors(vec![error])))?;
        let (document, charge) = self.admission.admit(caller.payer(), request, self.now()).await?;
        let complaints = self.executor.complaints(request, &document, !charge.explains).await;
        if !complaints.is_empty() {
            return Err(Box::new(self.admission.settle(&charge, Response::from_errors(complaints), self.now())));
        }
        request.data.insert(Arc::new(charge));
        Ok(document)
    }

    async fn execute(&self, caller: &Caller, request: Request, correlation: &CorrelationId) -> Response {
        let scope = self.scope(caller, correlation, Arc::new(Course::alone(None)));
        let operation = request.operation_name.clone();
        let mut asked = Asked::by(&request);
        let charge = charge_of(&request);
        if let Some(charge) = charge.as_ref().filter(|charge| charge.explains) {
            return self.admission.settle(charge, Response::new(Value::Null), self.now());
        }
        let started = tokio::time::Instant::now();
        // What a resolver logs, above all the cause of an INTERNAL, is found by the id that the caller was told.
        let span = tracing::info_span!("operation", correlation.id = %correlation);
        let response = match self.turns.take(caller.workspace).await {
            Some(_turn) => {
                let schema = &self.executor.schema;
                schema.execute(with_scope(request, Arc::clone(&scope))).instrument(span).await
            }
            None => crowded(),
        };
        let mut response = finished(response, &scope, &mut asked);
        if let Some(charge) = charge {
            response = self.admission.settle(&charge, response, self.now());
        }
        log(&scope, operation.as_deref(), &response, started.elapsed());
        response
    }

    fn stream(
        &self,
        caller: &Caller,
        request: Request,
        after: Option<EventCursor>,
        correlation: &CorrelationId,
    ) -> BoxStream<'static, StreamItem> {
        if let Some(charge) = charge_of(&request).filter(|charge| charge.explains) {
            let told = self.admission.settle(&charge, Response::new(Value::Null), self.now());
            return stream::iter([StreamItem::from(told)]).boxed();
        }
        let begin = after.map(|place| place.0);
        let shared = Question::of(&request).and_then(|question| Some((question.key(caller)?, question)));
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
