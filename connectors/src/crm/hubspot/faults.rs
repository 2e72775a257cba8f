//! What a refusal of HubSpot means to us.

use std::time::Duration;

use domain::integrations::crm::Fault;
use reqwest::header::HeaderMap;

use super::record::Record;
use super::wire::Problem;
use crate::http::Answer;
use crate::redact::redact;
use crate::waits::told_wait;

/// The daily limit resets at midnight of the account's time zone, which we do not know: ask once an hour.
const DAILY_WAIT: Duration = Duration::from_hours(1);
/// The rolling window's length when no header tells it.
const ROLLING_WAIT: Duration = Duration::from_secs(10);

/// A refusal, and whether it says that a unique value belongs to another record.
pub(super) struct Refused {
    pub(super) fault: Fault,
    pub(super) conflict: bool,
}

impl From<Fault> for Refused {
    fn from(fault: Fault) -> Self {
        Self { fault, conflict: false }
    }
}

/// The meaning of an answer that is not 2xx. `record` is what we sent: its personal values are blotted out.
pub(super) fn refusal(answer: &Answer, record: Option<&Record>) -> Refused {
    let problem: Problem = serde_json::from_slice(&answer.body).unwrap_or_default();
    let conflict = answer.status == 409 || (answer.status == 400 && problem.is_conflict());
    let fault = match answer.status {
        401 => Fault::Reauthorise {
            message: "HubSpot refuses the access token; the connection must be authorised anew.".to_owned(),
        },
        403 if problem.category.as_deref() == Some("MISSING_SCOPES") => Fault::Reauthorise {
            message: "HubSpot grants the access token too few scopes; the connection must be authorised anew."
                .to_owned(),
        },
        429 => Fault::RetryAfter {
            after: Some(rate_limit_wait(&problem, &answer.headers)),
            reason: "HubSpot's rate limit is used up.".to_owned(),
        },
        // 423 is HubSpot's lock on a record, 477 its migration of an account; both pass.
        408 | 423 | 425 | 477 | 500.. => Fault::RetryAfter {
            after: told_wait(answer.status, &answer.headers),
            reason: format!("HubSpot cannot answer at the moment (HTTP {}).", answer.status),
        },
        status => permanent(status, &problem, &String::from_utf8_lossy(&answer.body), record),
    };
    Refused { fault, conflict }
}

/// The meaning of one entry of a batch's `errors`.
pub(super) fn batch_refusal(status: u16, problem: &Problem, body: &[u8], record: &Record) -> Refused {
    let conflict = problem.is_conflict();
    let fault = match problem.category.as_deref() {
        Some("VALIDATION_ERROR" | "CONFLICT" | "OBJECT_NOT_FOUND" | "OBJECT_ALREADY_EXISTS") => {
            permanent(status, problem, &String::from_utf8_lossy(body), Some(record))
        }
        Some("RATE_LIMITS" | "RATE_LIMIT") => {
            Fault::RetryAfter { after: Some(ROLLING_WAIT), reason: "HubSpot's rate limit is used up.".to_owned() }
        }
        // Nothing says that the record is at fault, so it is given another chance; attempts are bounded elsewhere.
        _ => Fault::RetryAfter {
            after: None,
            reason: "HubSpot did not write the record and does not say why.".to_owned(),
        },
    };
    Refused { fault, conflict }
}

fn permanent(status: u16, problem: &Problem, body: &str, record: Option<&Record>) -> Fault {
    let clean = |text: &str| redact(text, record.into_iter().flat_map(Record::personal));
    let detail = problem.message.as_deref().map_or_else(|| "it gives no reason.".to_owned(), clean);
    Fault::Permanent {
        status,
        code: problem.code().map_or_else(|| format!("HTTP_{status}"), str::to_owned),
        message: format!("HubSpot refuses: {detail}"),
        body: clean(body),
    }
}

/// How long a 429 tells us to wait (<https://developers.hubspot.com/docs/developer-tooling/platform/usage-guidelines>):
/// what the headers tell, otherwise by the limit that was hit.
fn rate_limit_wait(problem: &Problem, headers: &HeaderMap) -> Duration {
    if let Some(told) = told_wait(429, headers) {
        return told;
    }
    let number = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    let window = number("x-hubspot-ratelimit-interval-milliseconds").map_or(ROLLING_WAIT, Duration::from_millis);
    let policy = problem.policy_name.as_deref().or(problem.message.as_deref()).unwrap_or_default().to_uppercase();
    if policy.contains("DAILY") || number("x-hubspot-ratelimit-daily-remaining") == Some(0) {
        DAILY_WAIT
    } else if policy.contains("SECONDLY") && !policy.contains("TEN_SECONDLY") {
        Duration::from_secs(1)
    } else {
        window
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(body: &str, headers: &[(&'static str, &'static str)], seconds: u64) {
        let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        let answer = Answer { status: 429, headers, body: body.into() };
        let Fault::RetryAfter { after, .. } = refusal(&answer, None).fault else { panic!("429 passes") };
        assert_eq!(after, Some(Duration::from_secs(seconds)), "{body}");
    }

    #[test]
    fn a_429_waits_for_the_limit_that_was_hit() {
        check(r#"{"policyName":"SECONDLY"}"#, &[], 1);
        check(r#"{"policyName":"TEN_SECONDLY_ROLLING"}"#, &[], 10);
        check(r#"{"policyName":"DAILY"}"#, &[], 3600);
        check(r#"{"message":"You have reached your secondly limit."}"#, &[], 1);
        check("{}", &[("x-hubspot-ratelimit-interval-milliseconds", "5000")], 5);
        check("{}", &[("x-hubspot-ratelimit-daily-remaining", "0")], 3600);
        check("not json", &[], 10);
    }

    #[test]
    fn what_the_headers_tell_outranks_the_limit_s_name() {
        check(r#"{"policyName":"DAILY"}"#, &[("retry-after", "3")], 3);
        check(r#"{"policyName":"SECONDLY"}"#, &[("retry-after", "86401")], 86_401);
        check(r#"{"policyName":"DAILY"}"#, &[("ratelimit-reset", "40")], 40);
    }

    #[test]
    fn statuses_mean_later_never_or_ask_a_person() {
        let kind = |status: u16, body: &str| match refusal(
            &Answer { status, headers: HeaderMap::new(), body: body.into() },
            None,
        )
        .fault
        {
            Fault::RetryAfter { .. } => "later",
            Fault::Permanent { .. } => "never",
            Fault::Reauthorise { .. } => "person",
        };
        assert_eq!([408, 423, 477, 500, 502, 503, 504, 521].map(|status| kind(status, "")), ["later"; 8]);
        assert_eq!([302, 400, 403, 404, 409, 413].map(|status| kind(status, "")), ["never"; 6]);
        assert_eq!(kind(401, ""), "person");
        assert_eq!(kind(403, r#"{"category":"MISSING_SCOPES"}"#), "person");
    }
}
