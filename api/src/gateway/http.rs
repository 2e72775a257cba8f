//! GraphQL over HTTP: one handler for GET and POST (draft at graphql.github.io/graphql-over-http).
//!
//! GET carries no mutations. POST carries JSON only, one request or a batch that runs in order. Every answer, refusals
//! included, is a GraphQL result with the correlation id in its body and in `X-Correlation-ID`; those who accept event
//! streams are answered with one (`sse`) where a result would not do.

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request, State};
use axum::http::header::{self, HeaderMap, HeaderName};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::Response;

use async_graphql::parser::types::OperationType;
use domain::errors::ErrorCode;
use domain::events::EventCursor;
use domain::operation::CorrelationId;
use futures_util::stream::BoxStream;
use tokio::time::timeout;

use super::CORRELATION_ID;
use super::engine::{CostHeader, Engine, IdempotencyKeyHeader, OriginHeader, StreamItem};
use super::execution::{self, prepare, ran};
use super::fault::Fault;
use super::negotiation::{self, Accepted, Media};
use super::request::{self, Call};
use super::{Gateway, Shared, bearer, correlation, sse, websocket};
use crate::address;
use crate::cors::foreign_origin;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const COST: HeaderName = HeaderName::from_static("meridian-cost");

/// Answers whatever arrives at the GraphQL path.
pub(super) async fn handle<E: Engine>(State(gateway): State<Shared<E>>, request: Request) -> Response {
    let headers = request.headers();
    let correlation = correlation::given(headers).unwrap_or_else(|| gateway.engine.new_correlation());
    let accepted = negotiation::accepted(accept(headers).as_deref());
    let answer = if websocket::is_upgrade(&request) {
        websocket::upgrade(gateway, request).await
    } else if let Some(accepted) = accepted {
        exchange(&gateway, request, accepted, &correlation).await
    } else {
        Err(not_acceptable())
    };
    let media = accepted.and_then(|accepted| accepted.result).unwrap_or(Media::Json);
    let mut response = answer.unwrap_or_else(|fault| refuse(&fault, media, &correlation));
    if let Ok(value) = HeaderValue::from_str(correlation.as_str()) {
        response.headers_mut().insert(CORRELATION_ID, value);
    }
    response
}

/// One request and its answer. The caller is known before the body is read: strangers cost us no memory.
async fn exchange<E: Engine>(
    gateway: &Gateway<E>,
    request: Request,
    accepted: Accepted,
    correlation: &CorrelationId,
) -> Result<Response, Fault> {
    let get = match *request.method() {
        Method::GET | Method::HEAD => true,
        Method::POST => false,
        _ => return Err(Fault::method_not_allowed("Use GET or POST.", "GET, HEAD, POST")),
    };
    if !get && !negotiation::is_json(text(request.headers(), &header::CONTENT_TYPE)) {
        return Err(Fault::new(ErrorCode::UnsupportedMediaType, "Send the request as application/json in UTF-8."));
    }
    if !negotiation::is_plain(text(request.headers(), &header::CONTENT_ENCODING)) {
        return Err(Fault::compressed());
    }
    let token = bearer::token(text(request.headers(), &header::AUTHORIZATION))?;
    let from = address::caller(request.extensions(), request.headers(), gateway.config.proxies);
    let session = gateway.engine.authenticate(token, from).await?;
    if let Some(origin) = foreign_origin(request.headers(), request.uri())
        && !gateway.engine.admits(&session, origin).await?
    {
        let message = "Pages of this origin may not use the client's tokens.";
        return Err(Fault::new(ErrorCode::OriginNotAllowed, message));
    }
    let key = idempotency_key(request.headers())?;
    let cost = text(request.headers(), &COST).map(|word| CostHeader(word.to_owned()));
    let origin = text(request.headers(), &header::ORIGIN).map(|origin| OriginHeader(origin.to_owned()));
    let (parts, body) = request.into_parts();
    let after = sse::last_event(&parts.headers)?;
    let call = if get {
        read_query(&parts)?
    } else {
        let arrived = timeout(gateway.config.body_timeout, read_body(parts, body, gateway.config.batch_max)).await;
        arrived.map_err(|_| Fault::new(ErrorCode::RequestTimeout, "The body did not arrive in time."))??
    };
    let caller = Caller { gateway, session: &session, get, key, cost, origin, correlation };
    match call {
        Call::One(request) => match caller.answer(*request, after, accepted.events).await? {
            Told::Events(items) => sse::follow(gateway, &session, items, correlation),
            Told::Result(response) => match accepted.result {
                Some(media) => one(media, response),
                None => sse::once(&response).map_err(|error| unwritable(&error)),
            },
        },
        Call::Batch(requests) => {
            let media = accepted.result.ok_or_else(not_acceptable)?;
            let (mut responses, mut headers) = (Vec::with_capacity(requests.len()), HeaderMap::new());
            for request in requests {
                let mut response = match caller.answer(request, None, false).await {
                    Ok(Told::Result(response)) => *response,
                    Ok(Told::Events(_)) => no_stream().response(correlation),
                    Err(fault) => fault.response(correlation),
                };
                headers.extend(std::mem::take(&mut response.http_headers));
                responses.push(response);
            }
            let json = execution::batch_to_json(&responses).map_err(|error| unwritable(&error))?;
            Ok(reply(batch_status(media, &responses), media, headers, json))
        }
    }
}

fn one(media: Media, response: Box<async_graphql::Response>) -> Result<Response, Fault> {
    let status = status(media, &response);
    let json = execution::to_json(&response).map_err(|error| unwritable(&error))?;
    Ok(reply(status, media, response.http_headers, json))
}

fn not_acceptable() -> Fault {
    let message = "Accept application/graphql-response+json, application/json or text/event-stream.";
    Fault::new(ErrorCode::NotAcceptable, message)
}

fn no_stream() -> Fault {
    Fault::bad_request("A subscription needs a WebSocket (graphql-transport-ws), or Accept: text/event-stream.")
}

/// What a request is answered with.
enum Told {
    Result(Box<async_graphql::Response>),
    Events(BoxStream<'static, StreamItem>),
}

/// What the requests of one HTTP exchange have in common.
struct Caller<'a, E: Engine> {
    gateway: &'a Gateway<E>,
    session: &'a E::Session,
    get: bool,
    key: Option<IdempotencyKeyHeader>,
    cost: Option<CostHeader>,
    origin: Option<OriginHeader>,
    correlation: &'a CorrelationId,
}

impl<E: Engine> Caller<'_, E> {
    async fn answer(
        &self,
        mut request: async_graphql::Request,
        after: Option<EventCursor>,
        takes_events: bool,
    ) -> Result<Told, Fault> {
        if let Some(key) = &self.key {
            request.data.insert(key.clone());
        }
        if let Some(cost) = &self.cost {
            request.data.insert(cost.clone());
        }
        if let Some(origin) = &self.origin {
            request.data.insert(origin.clone());
        }
        let prepared = match prepare(&self.gateway.engine, self.session, request, self.correlation).await {
            Ok(prepared) => prepared,
            Err(mut refusal) => {
                execution::mark(&mut refusal, self.correlation);
                return Ok(Told::Result(refusal));
            }
        };
        match prepared.operation {
            Some(OperationType::Mutation) if self.get => {
                Err(Fault::method_not_allowed("A mutation needs POST.", "POST"))
            }
            Some(OperationType::Subscription) if takes_events => {
                let engine = &self.gateway.engine;
                Ok(Told::Events(engine.stream(self.session, prepared.request, after, self.correlation)))
            }
            Some(OperationType::Subscription) => Err(no_stream()),
            _ => {
                let run = execution::run(self.gateway, self.session, prepared, self.correlation);
                Ok(Told::Result(Box::new(run.await)))
            }
        }
    }
}

fn read_query(parts: &Parts) -> Result<Call, Fault> {
    let query = parts.uri.query().unwrap_or_default();
    request::from_query_string(query).map(|request| Call::One(Box::new(request))).map_err(Fault::bad_request)
}

async fn read_body(parts: Parts, body: Body, batch_max: usize) -> Result<Call, Fault> {
    // The limit is the router's DefaultBodyLimit, which this extractor obeys.
    let bytes = Bytes::from_request(Request::from_parts(parts, body), &()).await.map_err(|rejection| {
        if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
            Fault::new(ErrorCode::PayloadTooLarge, "The body is too long.")
        } else {
            Fault::bad_request("The body broke off.")
        }
    })?;
    request::from_body(&bytes, batch_max).map_err(Fault::bad_request)
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<IdempotencyKeyHeader>, Fault> {
    let Some(value) = headers.get(IDEMPOTENCY_KEY) else { return Ok(None) };
    let key = value.to_str().map_err(|_| Fault::bad_request("The Idempotency-Key header is not ASCII."))?;
    Ok(Some(IdempotencyKeyHeader(key.to_owned())))
}

/// 200 for whatever ran. For what did not: the status that its only error asks for, else 400. Under `application/json`
/// a document that does not fit is 200 all the same (GraphQL over HTTP §6.4.1): old clients read no other body. What
/// says nothing about the document (401, 429, 503, …) keeps its status there too, for proxies and their alarms.
fn status(media: Media, response: &async_graphql::Response) -> StatusCode {
    if ran(response) {
        return StatusCode::OK;
    }
    let code = match response.errors.as_slice() {
        [error] => error.extensions.as_ref().and_then(|extensions| extensions.get("code")),
        _ => None,
    };
    let code = match code {
        Some(async_graphql::Value::String(code)) => code.parse::<ErrorCode>().ok(),
        _ => None,
    };
    let status =
        code.and_then(|code| StatusCode::from_u16(code.entry().status).ok()).unwrap_or(StatusCode::BAD_REQUEST);
    match media {
        Media::Json if status == StatusCode::BAD_REQUEST => StatusCode::OK,
        _ => status,
    }
}

/// The status that all results share, or 200: a batch that succeeded in part did not fail.
fn batch_status(media: Media, responses: &[async_graphql::Response]) -> StatusCode {
    let mut statuses = responses.iter().map(|response| status(media, response));
    let first = statuses.next().unwrap_or(StatusCode::OK);
    if statuses.all(|status| status == first) { first } else { StatusCode::OK }
}

fn unwritable(error: &serde_json::Error) -> Fault {
    tracing::error!(%error, "a GraphQL result could not be written as JSON");
    Fault::internal()
}

fn refuse(fault: &Fault, media: Media, correlation: &CorrelationId) -> Response {
    let mut response = fault.response(correlation);
    execution::mark(&mut response, correlation);
    let headers = fault.header().cloned().into_iter().collect();
    let json = execution::to_json(&response).unwrap_or_default();
    reply(fault.status(), media, headers, json)
}

/// The engine's headers first, so that it can add but not contradict. Answers hold personal data: nobody stores them.
fn reply(status: StatusCode, media: Media, engine_headers: HeaderMap, json: String) -> Response {
    let mut response = Response::new(Body::from(json));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.extend(engine_headers);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media.content_type()));
    headers.insert(header::VARY, HeaderValue::from_static("accept, authorization"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Several `Accept` headers are one list (RFC 9110 §5.3).
fn accept(headers: &HeaderMap) -> Option<String> {
    let values: Vec<&str> = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok()).collect();
    (!values.is_empty()).then(|| values.join(","))
}

pub(super) fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
