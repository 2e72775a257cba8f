//! The kinds of difference, and how grave each is.

use std::fmt;

use serde::Serialize;

/// How grave a change is, the gravest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Class {
    /// A document that was valid can be refused, or an answer has a form that its reader does not expect.
    Breaking,
    /// Every document stays valid; a client that does not tolerate the new can meet what it does not know, or what
    /// it left out means something else.
    Dangerous,
    /// Nobody notices who does not look.
    Safe,
}

/// A difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// How grave it is.
    pub class: Class,
    /// What kind it is.
    pub kind: Kind,
    /// The schema coordinate, e.g. `Query.meeting(id:)`.
    pub at: String,
    /// What happened, as a sentence without a full stop.
    pub message: String,
    /// Why a breaking change may be made all the same.
    pub excuse: Option<String>,
}

impl Change {
    pub(super) fn new(kind: Kind, at: impl Into<String>, message: impl Into<String>) -> Self {
        Self { class: kind.class(), kind, at: at.into(), message: message.into(), excuse: None }
    }

    /// Whether it breaks clients that had no time to prepare.
    pub fn is_refused(&self) -> bool {
        self.class == Class::Breaking && self.excuse.is_none()
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let class = match self.class {
            Class::Breaking => "breaking",
            Class::Dangerous => "dangerous",
            Class::Safe => "safe",
        };
        write!(f, "{class:<9}  {}: {}", self.at, self.message)?;
        self.excuse.as_ref().map_or(Ok(()), |excuse| write!(f, " ({excuse})"))
    }
}

/// Declares [`Kind`] together with the class of each, so that no kind is without one.
macro_rules! kinds {
    ($($class:ident { $($(#[$doc:meta])* $kind:ident,)* })*) => {
        /// What kind of difference it is. Those that graphql-js knows have its names.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
        #[serde(rename_all = "SCREAMING_SNAKE_CASE")]
        pub enum Kind {
            $($($(#[$doc])* $kind,)*)*
        }

        impl Kind {
            /// How grave it is.
            pub fn class(self) -> Class {
                match self {
                    $($(Self::$kind)|* => Class::$class,)*
                }
            }
        }
    };
}

kinds! {
    Breaking {
        /// A type is gone.
        TypeRemoved,
        /// A type is of another kind now, such as an enum that was an object.
        TypeChangedKind,
        /// A union lost a member.
        TypeRemovedFromUnion,
        /// An enum lost a value.
        ValueRemovedFromEnum,
        /// An input object wants more than before.
        RequiredInputFieldAdded,
        /// An object or interface is no longer what it implemented.
        ImplementedInterfaceRemoved,
        /// A field is gone, of an object, an interface or an input object.
        FieldRemoved,
        /// A field is of a type that those who knew the old one cannot read, or write.
        FieldChangedKind,
        /// A field wants more than before.
        RequiredArgAdded,
        /// An argument is gone.
        ArgRemoved,
        /// An argument is of a type that does not take all that the old one took.
        ArgChangedKind,
        /// A directive is gone.
        DirectiveRemoved,
        /// A directive's argument is gone.
        DirectiveArgRemoved,
        /// A directive's argument does not take all that it took. (graphql-js does not look.)
        DirectiveArgChangedKind,
        /// A directive wants more than before.
        RequiredDirectiveArgAdded,
        /// A directive may no longer stand where it could.
        DirectiveLocationRemoved,
        /// Queries, mutations or subscriptions begin at another type, or do not begin any more. (graphql-js does not
        /// look.)
        RootChanged,
        /// Of an input object's fields exactly one may be given now. (graphql-js does not look.)
        OneOfAdded,
    }
    Dangerous {
        /// An enum has another value.
        ValueAddedToEnum,
        /// A union has another member.
        TypeAddedToUnion,
        /// An input object takes more than before.
        OptionalInputFieldAdded,
        /// A field takes more than before.
        OptionalArgAdded,
        /// An object or interface implements something else besides.
        ImplementedInterfaceAdded,
        /// Who leaves the argument out gets something else.
        ArgDefaultValueChange,
        /// Who leaves the argument out gets something instead of nothing.
        ArgDefaultValueAdded,
        /// Who leaves a directive's argument out gets something else. (graphql-js does not look.)
        DirectiveArgDefaultValueChange,
        /// Who leaves a directive's argument out gets something instead of nothing.
        DirectiveArgDefaultValueAdded,
        /// Who leaves the input field out gets something else. (graphql-js does not look.)
        InputFieldDefaultValueChange,
        /// Who leaves the input field out gets something instead of nothing.
        InputFieldDefaultValueAdded,
        /// Another scope, cost or format: what the directives at a definition say.
        AppliedDirectiveChange,
    }
    Safe {
        /// A type is new.
        TypeAdded,
        /// A field is new.
        FieldAdded,
        /// A directive is new.
        DirectiveAdded,
        /// A directive takes more than before.
        OptionalDirectiveArgAdded,
        /// A directive may stand in more places.
        DirectiveWidened,
        /// Subscriptions or mutations are possible now.
        RootAdded,
        /// What comes back promises more.
        FieldTypeNarrowed,
        /// What is given may be less.
        InputTypeWidened,
        /// It has a default now, where it had to be given.
        BecameOptional,
        /// More than one of an input object's fields may be given now.
        OneOfRemoved,
        /// It is announced that something goes.
        DeprecationAdded,
        /// It stays after all.
        DeprecationRemoved,
        /// The announcement says something else.
        DeprecationReasonChange,
        /// Other words.
        DescriptionChange,
    }
}
