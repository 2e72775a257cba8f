//! A prospect's form as input: read into the very document that a webhook brings.

use async_graphql::{InputObject, Json};
use chrono::{DateTime, SecondsFormat, Utc};
use commands::contacts::SubmitForm;
use domain::consent::{Channel, LawfulBasis, Permission};
use domain::errors::{ErrorCode, Refusal};
use domain::webhooks::{Violation, parse_value, refuse_times};
use serde_json::{Value, json};

use super::super::consent::{ChannelEnum, LawfulBasisEnum, PermissionEnum};
use super::super::scalars::IdempotencyKey;

/// A prospect's form.
#[derive(InputObject)]
pub(crate) struct SubmitFormInput {
    /// Names this intent.
    pub idempotency_key: IdempotencyKey,
    /// Which form it is: 1–100 letters, digits, `_`, `.`, `:` or `-`.
    form_id: String,
    /// Who submits it.
    contact: FormContactInput,
    /// The answers to further questions, by name: texts, numbers, booleans or lists of texts.
    answers: Option<Json<Value>>,
    /// What the prospect is interested in.
    product_line: Option<String>,
    /// The slug of the offer that slots are wanted of.
    meeting_type: Option<String>,
    /// How the prospect came here.
    attribution: Option<FormAttributionInput>,
    /// What the prospect allows or forbids.
    #[graphql(default)]
    consents: Vec<FormConsentInput>,
    /// The page that showed the form.
    page_url: Option<String>,
}

macro_rules! form_part {
    ($(#[doc = $doc:literal])+ $name:ident { $($(#[doc = $field_doc:literal])+ $field:ident: $ty:ty,)+ }) => {
        $(#[doc = $doc])+
        #[derive(InputObject)]
        pub(crate) struct $name { $($(#[doc = $field_doc])+ $field: $ty,)+ }

        impl $name {
            /// As a part of the webhook's payload; what is not given is left out.
            fn payload(self) -> Value {
                present(json!({ $(stringify!($field): Payload::payload(self.$field)),+ }))
            }
        }
    };
}

/// How a value stands in the webhook's payload.
trait Payload {
    fn payload(self) -> Value;
}

impl Payload for String {
    fn payload(self) -> Value {
        Value::String(self)
    }
}

impl<T: Payload> Payload for Option<T> {
    fn payload(self) -> Value {
        self.map_or(Value::Null, Payload::payload)
    }
}

macro_rules! word_payload {
    ($($enumeration:ty => $word:ty),+) => {
        $(impl Payload for $enumeration {
            fn payload(self) -> Value {
                Value::String(<$word>::from(self).as_str().to_owned())
            }
        })+
    };
}

word_payload!(ChannelEnum => Channel, PermissionEnum => Permission, LawfulBasisEnum => LawfulBasis);

form_part! {
    /// Who submits a form.
    FormContactInput {
        /// E-mail address.
        email: String,
        /// Phone number, with its country code or as dialled in the contact's country.
        phone: Option<String>,
        /// Given name.
        given_name: Option<String>,
        /// Family name.
        family_name: Option<String>,
        /// The whole name, when the form has one field for it.
        full_name: Option<String>,
        /// Name of the employer.
        company: Option<String>,
        /// Job title.
        job_title: Option<String>,
        /// ISO 3166-1 alpha-2.
        country: Option<String>,
        /// BCP 47.
        language: Option<String>,
        /// IANA time zone.
        time_zone: Option<String>,
    }
}

form_part! {
    /// How a prospect came here.
    FormAttributionInput {
        /// `utm_source`.
        utm_source: Option<String>,
        /// `utm_medium`.
        utm_medium: Option<String>,
        /// `utm_campaign`.
        utm_campaign: Option<String>,
        /// `utm_term`.
        utm_term: Option<String>,
        /// `utm_content`.
        utm_content: Option<String>,
        /// The campaign's id in the marketing system.
        campaign_id: Option<String>,
        /// How the lead reached us.
        lead_source: Option<String>,
        /// The page before.
        referrer: Option<String>,
    }
}

form_part! {
    /// What a prospect allows or forbids.
    FormConsentInput {
        /// For which channel.
        channel: ChannelEnum,
        /// Whether it may be used.
        permission: PermissionEnum,
        /// On which ground.
        lawful_basis: LawfulBasisEnum,
        /// The words the prospect agreed to.
        wording: Option<String>,
    }
}

impl SubmitFormInput {
    /// The same document that a webhook brings, checked by the same schema, and what the caller said of it: the instant
    /// of submission is `now` and no part of the caller's intent.
    pub(super) fn read(self, now: DateTime<Utc>) -> Result<SubmitForm, Vec<Refusal>> {
        let stated = present(json!({
            "event": "webform_submitted",
            "version": 1,
            "form_id": self.form_id,
            "contact": self.contact.payload(),
            "answers": self.answers.map(|answers| answers.0),
            "product_line": self.product_line,
            "meeting_type": self.meeting_type,
            "attribution": self.attribution.map(FormAttributionInput::payload),
            "consents": self.consents.into_iter().map(FormConsentInput::payload).collect::<Vec<_>>(),
            "page_url": self.page_url,
        }));
        let form = parse_value(dated(stated.clone(), now)).map_err(|violations| {
            let refusal =
                |found: Violation| Refusal::field(ErrorCode::FieldMismatch, input_path(&found.path), found.message);
            violations.into_iter().map(refusal).collect::<Vec<_>>()
        })?;
        // The command refuses them too, but in the words of the document.
        let times = refuse_times(&form).into_iter().map(placed).collect::<Vec<_>>();
        if !times.is_empty() {
            return Err(times);
        }
        Ok(SubmitForm { form, stated })
    }
}

/// The document with the instant of submission wherever one is asked for.
fn dated(mut payload: Value, now: DateTime<Utc>) -> Value {
    let now = json!(now.to_rfc3339_opts(SecondsFormat::AutoSi, true));
    if let Some(consents) = payload["consents"].as_array_mut() {
        for consent in consents {
            consent["timestamp"] = now.clone();
        }
    }
    payload["occurred_at"] = now;
    payload
}

/// An object without what was not given.
fn present(mut part: Value) -> Value {
    if let Some(entries) = part.as_object_mut() {
        entries.retain(|_, value| !value.is_null());
    }
    part
}

fn placed(refusal: Refusal) -> Refusal {
    Refusal { field: refusal.field.as_deref().map(input_path), ..refusal }
}

/// A path of the payload as a path of the input: `/contact/given_name` is `input.contact.givenName`.
fn input_path(pointer: &str) -> String {
    let camel = |part: &str| {
        let mut words = part.split('_');
        let first = words.next().unwrap_or_default().to_owned();
        words.fold(first, |text, word| {
            let mut letters = word.chars();
            let head = letters.next().map(|letter| letter.to_ascii_uppercase().to_string()).unwrap_or_default();
            text + &head + letters.as_str()
        })
    };
    let parts = pointer.split('/').filter(|part| !part.is_empty()).map(camel);
    std::iter::once("input".to_owned()).chain(parts).collect::<Vec<_>>().join(".")
}
