//! A schema that validates and executes nothing.

use std::sync::Arc;

use async_graphql::extensions::{Extension, ExtensionContext, ExtensionFactory, NextValidation};
use async_graphql::{Request, ServerError, ValidationResult};

use crate::schema::{MeridianBuilder, MeridianSchema};

/// Of a schema, the validation.
pub(crate) struct Validating(MeridianSchema);

impl Validating {
    pub(crate) fn new(builder: MeridianBuilder) -> Self {
        Self(builder.extension(OnlyValidates).finish())
    }

    /// What is wrong with a request, in the executor's words.
    pub(crate) async fn complaints(&self, request: Request) -> Vec<ServerError> {
        self.0.execute(request).await.errors
    }
}

/// Ends every request where it would begin to run: without an error if it is valid.
struct OnlyValidates;

impl ExtensionFactory for OnlyValidates {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Self)
    }
}

#[async_graphql::async_trait::async_trait]
impl Extension for OnlyValidates {
    async fn validation(
        &self,
        ctx: &ExtensionContext<'_>,
        next: NextValidation<'_>,
    ) -> Result<ValidationResult, Vec<ServerError>> {
        match next.run(ctx).await {
            Ok(_) => Err(Vec::new()),
            Err(errors) => Err(errors),
        }
    }
}
