//! How a delivery is answered.

use axum::Json;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use commands::webhooks::{BatchResult, Kept, Received};
use domain::errors::{ErrorCode, Refusal};
use domain::operation::CorrelationId;
use domain::webhooks::{Greeting, InboundDelivery, InboundOutcome};
use serde_json::{Value, json};

/// An answer, and what is counted for it.
pub(super) struct Answer {
    pub(super) response: Response,
    pub(super) counted: Vec<InboundOutcome>,
}

impl Answer {
    fn one(status: StatusCode, body: Value, outcome: InboundOutcome) -> Self {
        Self { response: (status, Json(body)).into_response(), counted: vec![outcome] }
    }

    /// To a form that became a submission.
    pub(super) fn submitted(received: Received, correlation: &CorrelationId) -> Self {
        let body =
            json!({ "submission": received.submission, "duplicate": !received.is_new, "correlationId": correlation });
        Self::one(StatusCode::ACCEPTED, body, fresh(received.is_new, InboundOutcome::Accepted))
    }

    /// To a form that does not fit. 202 all the same: it is kept, so nothing is gained by sending it again.
    pub(super) fn quarantined(kept: Kept, correlation: &CorrelationId) -> Self {
        let (delivery, is_new) = match kept {
            Kept::New(delivery) => (delivery, true),
            Kept::Known(delivery) => (delivery, false),
            Kept::Submitted(submission) => return Self::submitted(Received { submission, is_new: false }, correlation),
        };
        let mut body = in_quarantine(&delivery);
        body["duplicate"] = json!(!is_new);
        body["correlationId"] = json!(correlation);
        Self::one(StatusCode::ACCEPTED, body, fresh(is_new, InboundOutcome::Quarantined))
    }

    /// To a vendor's event. Zoom takes no other status than 200 and 204 for a success.
    pub(super) fn kept(kept: &Kept, correlation: &CorrelationId) -> Self {
        let is_new = matches!(kept, Kept::New(_));
        let id = match kept {
            Kept::New(delivery) | Kept::Known(delivery) => json!(delivery.id),
            Kept::Submitted(submission) => json!(submission),
        };
        let body = json!({ "delivery": id, "duplicate": !is_new, "correlationId": correlation });
        Self::one(StatusCode::OK, body, fresh(is_new, InboundOutcome::Accepted))
    }

    /// To each item of a batch.
    pub(super) fn batch(results: Vec<(String, BatchResult)>, correlation: &CorrelationId) -> Self {
        let (items, counted): (Vec<Value>, Vec<InboundOutcome>) = results.into_iter().map(item).unzip();
        let body = json!({ "results": items, "correlationId": correlation });
        Self { response: (StatusCode::OK, Json(body)).into_response(), counted }
    }

    /// To a vendor who asks whether somebody is there.
    pub(super) fn greeting(greeting: Greeting) -> Self {
        let response = match greeting {
            Greeting::Text(text) => plain(text),
            Greeting::Json(body) => Json(body).into_response(),
        };
        Self { response, counted: vec![InboundOutcome::Greeted] }
    }

    /// To whatever is not taken. The first refusal decides the status.
    pub(super) fn refused(refusals: &[Refusal], correlation: &CorrelationId) -> Self {
        let code = refusals.first().map_or(ErrorCode::Internal, |refusal| refusal.code);
        // What was understood and does not fit is 422 (RFC 9110 §15.5.21).
        let status = if code == ErrorCode::FieldMismatch { 422 } else { code.entry().status };
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let error = |refusal: &Refusal| {
            json!({
                "code": refusal.code, "field": refusal.field, "message": refusal.message,
                "retryable": refusal.code.entry().retryable, "correlationId": correlation,
            })
        };
        let errors: Vec<_> = refusals.iter().map(error).collect();
        let mut answer = Self::one(status, json!({ "errors": errors }), InboundOutcome::Rejected(code));
        if status == StatusCode::SERVICE_UNAVAILABLE {
            answer.response.headers_mut().insert("retry-after", HeaderValue::from_static("1"));
        }
        answer
    }
}

fn plain(text: String) -> Response {
    ([(CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
}

fn fresh(is_new: bool, outcome: InboundOutcome) -> InboundOutcome {
    if is_new { outcome } else { InboundOutcome::Duplicate }
}

fn in_quarantine(delivery: &InboundDelivery) -> Value {
    json!({ "quarantine": delivery.id, "violations": delivery.violations })
}

fn item((id, result): (String, BatchResult)) -> (Value, InboundOutcome) {
    let (mut body, outcome, status) = match result {
        BatchResult::Accepted(submission) => {
            (json!({ "submission": submission }), InboundOutcome::Accepted, "accepted")
        }
        BatchResult::Duplicate(submission) => {
            (json!({ "submission": submission }), InboundOutcome::Duplicate, "duplicate")
        }
        BatchResult::Quarantined(delivery) => (in_quarantine(&delivery), InboundOutcome::Quarantined, "quarantined"),
        BatchResult::KnownQuarantined(delivery) => (in_quarantine(&delivery), InboundOutcome::Duplicate, "duplicate"),
    };
    body["id"] = json!(id);
    body["status"] = json!(status);
    (body, outcome)
}
