//! Errors as callers see them: expected refusals as data in payloads, everything else as coded top-level errors.

mod executor;

use std::borrow::Cow;

use async_graphql::parser::types::Field;
use async_graphql::registry::{MetaEnumValue, MetaType, Registry};
use async_graphql::{
    ContextSelectionSet, Enum, Error, ErrorExtensionValues, ErrorExtensions, Interface, Name, Object, OutputType,
    Positioned, ServerResult, SimpleObject, Value,
};
use commands::Failure;
use domain::access::Scope;
use domain::access::policy::Rule;
use domain::errors::{Detail, ErrorCode, Refusal};
use persistence::StoreError;

pub(crate) use executor::{classify, unparsable};

use super::availability::SlotObject;

/// Where an error is explained.
fn docs(code: ErrorCode) -> String {
    format!("/errors#{}", code.as_str().to_ascii_lowercase())
}

/// A top-level error with its code.
pub(crate) fn fail(code: ErrorCode, message: impl Into<String>) -> Error {
    Error::new(message).extend_with(|_, extensions| describe(code, extensions))
}

/// A failure that one argument is the cause of; `field` is its path as the caller writes it.
pub(crate) fn fail_field(code: ErrorCode, field: &str, message: impl Into<String>) -> Error {
    fail(code, message).extend_with(|_, extensions| extensions.set("field", field))
}

pub(crate) fn describe(code: ErrorCode, extensions: &mut ErrorExtensionValues) {
    extensions.set("code", code.as_str());
    extensions.set("retryable", code.entry().retryable);
    extensions.set("docs", docs(code));
    if code.entry().retryable {
        extensions.set("retryAfterMs", RETRY_AFTER_MS);
    }
}

/// How long a caller is to wait before it repeats a request that met a passing fault.
const RETRY_AFTER_MS: i32 = 1000;

/// The token lacks the scope of a rule. Says which, and nothing of what it would have shown.
pub(crate) fn denied(rule: &Rule) -> Error {
    match rule.scopes {
        [scope, ..] => lacking(*scope),
        [] => fail(ErrorCode::Internal, ErrorCode::Internal.entry().cause),
    }
}

fn lacking(scope: Scope) -> Error {
    fail(ErrorCode::ScopeDenied, format!("This needs the scope `{scope}`."))
        .extend_with(|_, extensions| extensions.set("requiredScope", scope.as_str()))
}

/// A store's fault: the reason goes to the log, the caller gets a code.
pub(crate) fn internal(error: StoreError) -> Error {
    failure(Failure::Store(error))
}

/// A command that gave no answer.
#[expect(clippy::needless_pass_by_value, reason = "it is handed to `map_err`")]
pub(crate) fn failure(failure: Failure) -> Error {
    let code = failure.code();
    match &failure {
        Failure::Denied(refused) => lacking(refused.scope),
        Failure::Store(error) => {
            tracing::error!(error = %error, code = %code, "a store failed under a request");
            fail(code, code.entry().cause)
        }
        Failure::KeyReused | Failure::InProgress => fail(code, failure.to_string()),
    }
}

/// A code as a value of the enum `ErrorCode`, which is made from the catalogue.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Code(pub ErrorCode);

impl OutputType for Code {
    fn type_name() -> Cow<'static, str> {
        Cow::Borrowed("ErrorCode")
    }

    fn create_type_info(registry: &mut Registry) -> String {
        registry.create_output_type::<Self, _>(async_graphql::registry::MetaTypeId::Enum, |_| MetaType::Enum {
            name: Self::type_name().into_owned(),
            description: Some("Every error code of the catalogue. Clients must expect new values.".to_owned()),
            enum_values: ErrorCode::ALL.iter().map(|code| (code.as_str().to_owned(), enum_value(*code))).collect(),
            visible: None,
            inaccessible: false,
            tags: Vec::new(),
            rust_typename: Some(std::any::type_name::<Self>()),
            directive_invocations: Vec::new(),
            requires_scopes: Vec::new(),
        })
    }

    async fn resolve(&self, _: &ContextSelectionSet<'_>, _: &Positioned<Field>) -> ServerResult<Value> {
        Ok(Value::Enum(Name::new(self.0.as_str())))
    }
}

fn enum_value(code: ErrorCode) -> MetaEnumValue {
    MetaEnumValue {
        name: code.as_str().to_owned(),
        description: Some(code.entry().cause.to_owned()),
        deprecation: async_graphql::registry::Deprecation::NoDeprecated,
        visible: None,
        inaccessible: false,
        tags: Vec::new(),
        directive_invocations: Vec::new(),
    }
}

/// An expected refusal. Nothing was changed.
#[derive(Interface)]
#[graphql(
    field(name = "code", ty = "Code", desc = "The catalogue's code."),
    field(
        name = "field",
        ty = "Option<String>",
        desc = "Where in the input, e.g. `input.startsAt`; null when no one field is at fault."
    ),
    field(name = "message", ty = "String", desc = "One sentence for a person; it never repeats the value."),
    field(name = "retryable", ty = "bool", desc = "Whether the same request can succeed later without a change.")
)]
pub(crate) enum UserError {
    FieldMismatch(FieldMismatch),
    SlotTaken(SlotTaken),
    VersionConflict(VersionConflict),
    Refused(Refused),
}

macro_rules! user_error {
    ($(#[doc = $doc:literal])+ $name:ident { $($(#[doc = $field_doc:literal])+ $field:ident: $ty:ty = $value:expr;)* }) => {
        pub(crate) struct $name(Refusal);

        $(#[doc = $doc])+
        #[Object]
        impl $name {
            /// The catalogue's code.
            async fn code(&self) -> Code {
                Code(self.0.code)
            }
            /// Where in the input, e.g. `input.startsAt`; null when no one field is at fault.
            async fn field(&self) -> Option<String> {
                self.0.field.clone()
            }
            /// One sentence for a person; it never repeats the value.
            async fn message(&self) -> String {
                self.0.message.clone()
            }
            /// Whether the same request can succeed later without a change.
            async fn retryable(&self) -> bool {
                self.0.code.entry().retryable
            }
            $($(#[doc = $field_doc])+ async fn $field(&self) -> $ty { $value(&self.0) })*
        }
    };
}

user_error! {
    /// A value of the input does not have the form that its field demands.
    FieldMismatch {}
}
user_error! {
    /// A refusal without further detail.
    Refused {}
}
user_error! {
    /// The start cannot be booked: taken, or not offered.
    SlotTaken {
        /// Free slots near the one that was wanted.
        alternatives: Vec<SlotObject> = alternatives;
    }
}
user_error! {
    /// The object changed since the version that was expected.
    VersionConflict {
        /// The version it has now.
        current_version: i64 = current_version;
    }
}

fn alternatives(refusal: &Refusal) -> Vec<SlotObject> {
    match &refusal.detail {
        Some(Detail::Alternatives { slots, zone }) => {
            slots.iter().map(|slot| SlotObject::new(slot.clone(), *zone)).collect()
        }
        _ => Vec::new(),
    }
}

fn current_version(refusal: &Refusal) -> i64 {
    match refusal.detail {
        Some(Detail::CurrentVersion(version)) => version,
        _ => 0,
    }
}

impl From<Refusal> for UserError {
    fn from(refusal: Refusal) -> Self {
        match (&refusal.detail, refusal.code) {
            (Some(Detail::Alternatives { .. }), _) => Self::SlotTaken(SlotTaken(refusal)),
            (Some(Detail::CurrentVersion(_)), _) => Self::VersionConflict(VersionConflict(refusal)),
            (None, ErrorCode::FieldMismatch) => Self::FieldMismatch(FieldMismatch(refusal)),
            (None, _) => Self::Refused(Refused(refusal)),
        }
    }
}

/// How a client may treat a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(crate) enum Retry {
    /// The same request can succeed later.
    Later,
    /// The request must be changed.
    AfterAChange,
}

/// One entry of the error catalogue.
#[derive(SimpleObject)]
pub(crate) struct ErrorCatalogueEntry {
    /// The code.
    code: Code,
    /// HTTP status when it is the answer of a whole request.
    http_status: u16,
    /// Whether trying again can help.
    retry: Retry,
    /// Why it happens.
    cause: String,
    /// What the caller can do.
    remedy: String,
}

#[derive(Default)]
pub(crate) struct ErrorsQuery;

#[Object]
impl ErrorsQuery {
    /// Every error code that the API can answer with, with cause and remedy.
    async fn error_catalogue(&self) -> Vec<ErrorCatalogueEntry> {
        let entry = |code: &ErrorCode| {
            let entry = code.entry();
            ErrorCatalogueEntry {
                code: Code(*code),
                http_status: entry.status,
                retry: if entry.retryable { Retry::Later } else { Retry::AfterAChange },
                cause: entry.cause.to_owned(),
                remedy: entry.remedy.to_owned(),
            }
        };
        ErrorCode::ALL.iter().map(entry).collect()
    }
}
