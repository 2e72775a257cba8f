//! Paying for a stream: each event costs what showing it did cost, and who has nothing left waits for the next one. The
//! log keeps what is waited for.

use std::sync::Arc;

use async_graphql::Response;
use domain::metering::Cost;
use domain::operation::Edge;
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};

use crate::admission::Admission;
use crate::cost::Plan;

/// Who pays for a stream, and by which prices.
pub(crate) struct Payer {
    pub admission: Arc<Admission>,
    pub edge: Edge,
    pub name: String,
    pub plan: Plan,
}

impl Payer {
    /// The same responses. An event is paid for after it was given, so that none is late that can be paid.
    pub(crate) fn pays_for(self, responses: BoxStream<'static, Response>) -> BoxStream<'static, Response> {
        let begin = (self, responses, Cost::ZERO);
        stream::unfold(begin, async |(payer, mut responses, owed)| {
            if owed > Cost::ZERO {
                payer.admission.pay_for_event(&payer.name, owed, || payer.edge.now()).await;
            }
            let response = responses.next().await?;
            let cost = payer.plan.of_event(&response.data);
            Some((response, (payer, responses, cost)))
        })
        .boxed()
    }
}
