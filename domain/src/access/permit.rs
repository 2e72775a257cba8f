//! Permits: a state change takes one, and only the policy below can make one.

use std::marker::PhantomData;

use super::{Grants, Scope};

/// An action of the policy table.
pub trait Action {
    /// The scope that allows it.
    const SCOPE: Scope;
    /// The same, as the policy table has it.
    const SCOPES: &'static [Scope] = &[Self::SCOPE];
}

/// Proof that the caller may do `A`. It cannot be built outside this module, so a transition that asks for it
/// cannot be reached without the check.
#[derive(Debug)]
#[must_use]
pub struct Permit<A>(PhantomData<A>);

impl<A: Action> Permit<A> {
    pub(crate) fn ask(grants: &Grants) -> Result<Self, Denied> {
        if grants.allow(A::SCOPE) { Ok(Self(PhantomData)) } else { Err(Denied { scope: A::SCOPE }) }
    }
}

/// The caller's token lacks a scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this needs the scope `{scope}`")]
pub struct Denied {
    /// The scope that would allow it.
    pub scope: Scope,
}

/// Every action that changes state, and the scope that allows it: the part of the policy table that commands ask.
pub mod action {
    use super::{Action, Scope};

    macro_rules! policy {
        ($($(#[$doc:meta])* $name:ident needs $scope:ident;)+) => {$(
            $(#[$doc])*
            #[derive(Debug)]
            pub enum $name {}
            impl Action for $name { const SCOPE: Scope = Scope::$scope; }
        )+};
    }

    policy! {
        /// A prospect's form enters.
        SubmitForm needs FormsSubmit;
        /// A slot is reserved for a moment, or let go.
        HoldSlot needs MeetingsBook;
        /// A meeting is agreed.
        BookMeeting needs MeetingsBook;
        /// A meeting moves.
        RescheduleMeeting needs MeetingsWrite;
        /// A meeting is called off.
        CancelMeeting needs MeetingsWrite;
        /// What became of a meeting is noted.
        RecordMeetingOutcome needs MeetingsWrite;
        /// What a contact allows or forbids is written down.
        RecordConsent needs ConsentWrite;
        /// A webhook endpoint is made, changed or deleted.
        ManageWebhooks needs WebhooksManage;
        /// Dead letters are sent again or discarded, and what happens to those behind them is decided.
        ManageDeadLetters needs DeliveriesManage;
        /// A delivery in quarantine is repaired or discarded.
        ManageQuarantine needs DeliveriesManage;
        /// Hosts, schedules, busy times and offers change.
        ManageAvailability needs AvailabilityManage;
        /// A page token is made or revoked.
        ManagePages needs PagesManage;
        /// Who gets which lead, and what makes one, changes.
        ManageRouting needs RoutingManage;
        /// What an OAuth client may send, and from where, is decided.
        ManageClients needs ClientsManage;
    }
}
