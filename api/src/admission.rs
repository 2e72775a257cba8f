//! Whether a request may run: it is measured, priced and charged before the first resolver is asked.
//!
//! The order is that of what it costs us: the text before the parser, the document before validation, the price before
//! execution. Whoever sends what is refused pays for it, too. What turns out cheaper than it might have been is given
//! back.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use async_graphql::{Name, Request, Response, ServerError, Value};
use axum::http::header::RETRY_AFTER;
use chrono::{DateTime, Utc};
use domain::errors::ErrorCode;
use domain::metering::{Cost, Taken};
use persistence::meters::Meters;

use crate::budget;
use crate::cost::{Plan, Prices, explanation, is_asked_for};
use crate::documents::{self, Document, Documents};
use crate::limits::Limits;
use crate::schema::fault;

/// What admission goes by.
pub(crate) struct Admission {
    documents: Documents,
    prices: Prices,
    meters: Meters,
    limits: Limits,
}

/// What a request was charged.
#[derive(Debug)]
pub(crate) struct Charge {
    payer: String,
    plan: Plan,
    requested: Cost,
    available: Cost,
    /// It is only to be told what it would cost.
    pub(crate) explains: bool,
}

impl Admission {
    pub(crate) fn new(prices: Prices, meters: Meters, limits: Limits) -> Self {
        Self { documents: Documents::none(), prices, meters, limits }
    }

    /// Reads and prices a request and charges `payer` for it.
    pub(crate) async fn admit(
        &self,
        payer: String,
        request: &Request,
        now: DateTime<Utc>,
    ) -> Result<(Arc<Document>, Charge), Box<Response>> {
        // Reading is work as well: who has nothing left is not read.
        if let Some(wait) = self.meters.nothing_left_for(&payer) {
            return Err(Box::new(self.spent(Cost::LEAST, Cost::ZERO, wait)));
        }
        let read = self.read(request);
        let explains = is_asked_for(request);
        let price = match &read {
            Ok((_, plan)) if !explains => plan.requested(),
            _ => Cost::LEAST,
        };
        let available = match self.meters.take(&payer, self.limits.requests, price, now).await {
            Taken::Paid { available } => available,
            Taken::Refused { available, wait } => return Err(Box::new(self.spent(price, available, wait))),
        };
        match read {
            Ok((document, plan)) => {
                let requested = plan.requested();
                Ok((document, Charge { payer, plan, requested, available, explains }))
            }
            Err(error) => Err(Box::new(self.with_cost(Response::from_errors(vec![error]), price, None, available))),
        }
    }

    /// The refusal of what cannot be paid.
    fn spent(&self, price: Cost, available: Cost, wait: Duration) -> Response {
        let missing = price.less(available).as_points();
        let message = format!("The budget is spent: this costs {missing} points more than there are.");
        let mut refusal = Response::from_errors(vec![fault(ErrorCode::RateLimited, message, Some(wait))]);
        let seconds = u64::try_from(wait.as_millis().div_ceil(1000)).unwrap_or(u64::MAX);
        refusal.http_headers.insert(RETRY_AFTER, seconds.into());
        self.with_cost(refusal, price, None, available)
    }

    /// The price of a stream's events. Nothing, where the request cannot be priced: it does not run either.
    pub(crate) fn plan(&self, request: &Request) -> Plan {
        let name = request.operation_name.as_deref();
        let plan = |document: &Arc<Document>| Plan::of(&self.prices, document, name, &request.variables);
        documents::of(request).map(plan).unwrap_or_default()
    }

    /// Takes what an event of a stream did cost from what `payer` has for its streams; comes back when it is paid.
    /// Streams do not take from what there is for requests, nor the other way round.
    pub(crate) async fn pay_for_event(&self, payer: &str, cost: Cost, clock: impl Fn() -> DateTime<Utc>) {
        let key = format!("events:{payer}");
        // More than fits could never be paid.
        let cost = cost.min(self.limits.requests.burst);
        while let Taken::Refused { wait, .. } = self.meters.take(&key, self.limits.requests, cost, clock()).await {
            tokio::time::sleep(wait).await;
        }
    }

    /// Counts a bearer whom nothing but the store can tell us about. Anybody can make up such tokens.
    pub(crate) async fn let_look(&self, from: IpAddr, now: DateTime<Utc>) -> Result<(), Duration> {
        match self.meters.take(&format!("bearers:{from}"), self.limits.tokens, Cost::LEAST, now).await {
            Taken::Paid { .. } => Ok(()),
            Taken::Refused { wait, .. } => Err(wait),
        }
    }

    /// The request's document and its price, when it is one that may be executed.
    fn read(&self, request: &Request) -> Result<(Arc<Document>, Plan), ServerError> {
        let document = self.documents.read(&request.query)?;
        budget::check_variables(&document, &request.variables)?;
        let name = request.operation_name.as_deref();
        let plan = Plan::of(&self.prices, &document, name, &request.variables);
        let (requested, max) = (plan.requested(), self.limits.request_cost_max);
        if requested > max && !is_asked_for(request) {
            let message = format!(
                "The request costs up to {} points; one may cost {}. Ask for shorter lists or fewer fields.",
                requested.as_points(),
                max.as_points()
            );
            return Err(fault(ErrorCode::CostExceeded, message, None));
        }
        Ok((document, plan))
    }

    /// Gives back what an answer did not cost, and tells what became of the charge.
    pub(crate) fn settle(&self, charge: &Charge, response: Response, now: DateTime<Utc>) -> Response {
        if charge.explains {
            return self.with_cost(response, charge.requested, Some(explanation(&charge.plan)), charge.available);
        }
        // What validation refused was looked at as a whole.
        let actual = if is_invalid(&response) { charge.requested } else { charge.plan.actual(&response.data) };
        let back = charge.requested.less(actual);
        self.meters.give_back(&charge.payer, self.limits.requests, back, now);
        let mut response = self.with_cost(response, charge.requested, None, charge.available + back);
        if let Some(Value::Object(cost)) = response.extensions.get_mut("cost") {
            cost.insert(Name::new("actual"), actual.as_points().into());
        }
        response
    }

    fn with_cost(&self, mut response: Response, requested: Cost, fields: Option<Value>, available: Cost) -> Response {
        let allowance = self.limits.requests;
        let told: [(&str, Value); 4] = [
            ("requested", requested.as_points().into()),
            ("available", (available.as_thousandths() / 1000).into()),
            ("restoreRate", allowance.per_second.as_points().into()),
            ("maximum", allowance.burst.as_points().into()),
        ];
        let fields = fields.map(|fields| ("fields", fields));
        let told = told.into_iter().chain(fields).map(|(name, value)| (Name::new(name), value));
        response.extensions.insert("cost".to_owned(), Value::Object(told.collect()));
        response
    }
}

/// Whether nothing ran because validation refused it.
fn is_invalid(response: &Response) -> bool {
    let code = |error: &ServerError| error.extensions.as_ref().and_then(|extensions| extensions.get("code").cloned());
    let invalid = ErrorCode::GraphqlValidationFailed.as_str();
    response.data == Value::Null && response.errors.iter().any(|error| code(error) == Some(Value::from(invalid)))
}

#[cfg(test)]
mod tests {
    use domain::metering::Allowance;
    use persistence::bus::Bus;
    use tokio::time::Instant;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_stream_that_has_spent_everything_waits_and_goes_on() {
        let limits = Limits { requests: Allowance::of(10, 2), ..Limits::default() };
        let admission = Admission::new(Prices::default(), Meters::new(&Bus::in_process()), limits);
        let begin = Instant::now();
        let clock = || DateTime::UNIX_EPOCH + begin.elapsed();
        let mut passed = Vec::new();
        for (payer, points) in [("a", 6), ("a", 4), ("a", 4), ("b", 10), ("a", 1), ("a", 1000)] {
            admission.pay_for_event(payer, Cost::points(points), clock).await;
            passed.push(begin.elapsed().as_secs());
        }
        // What is dearer than anybody can save up for costs all there is.
        assert_eq!(passed, [0, 0, 2, 2, 2, 7]);
    }
}
