//! The policy table: what each root field needs, and what below them is hidden from whom.
//!
//! It is the one place that says so. The API checks every root field against it, hides what it says is hidden, and
//! writes it into the schema as `@requiresScope`; a change takes its scope from the action that its command asks a
//! permit for. Things are named by schema coordinates (GraphQL specification, appendix B).

use super::permit::{Action, action};
use super::{Grants, Scope};

/// One line of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// What it is about, e.g. `Query.contacts`.
    pub coordinate: &'static str,
    /// One of these is needed; where there is none, a token will do.
    pub scopes: &'static [Scope],
}

impl Rule {
    /// Whether these rights are enough.
    pub fn admits(&self, grants: &Grants) -> bool {
        self.scopes.is_empty() || self.scopes.iter().any(|scope| grants.allow(*scope))
    }
}

const fn needs(coordinate: &'static str, scopes: &'static [Scope]) -> Rule {
    Rule { coordinate, scopes }
}

const fn does<A: Action>(coordinate: &'static str) -> Rule {
    Rule { coordinate, scopes: A::SCOPES }
}

/// Every root field, by its coordinate. Who lacks the scope is told which one (`SCOPE_DENIED`).
pub const ROOT_FIELDS: &[Rule] = &[
    does::<action::ManageAvailability>("Mutation.addBusyTime"),
    does::<action::BookMeeting>("Mutation.bookMeeting"),
    does::<action::CancelMeeting>("Mutation.cancelMeeting"),
    does::<action::ManageWebhooks>("Mutation.cancelReplay"),
    does::<action::ManageAvailability>("Mutation.createHost"),
    does::<action::ManageAvailability>("Mutation.createMeetingType"),
    does::<action::ManagePages>("Mutation.createPageToken"),
    does::<action::ManageWebhooks>("Mutation.createWebhookEndpoint"),
    does::<action::ManageWebhooks>("Mutation.deleteWebhookEndpoint"),
    does::<action::ManageWebhooks>("Mutation.disableWebhookEndpoint"),
    does::<action::ManageDeadLetters>("Mutation.discardDeadLetter"),
    does::<action::ManageQuarantine>("Mutation.discardQuarantined"),
    does::<action::ManageDeadLetters>("Mutation.editDeadLetter"),
    does::<action::ManageWebhooks>("Mutation.enableWebhookEndpoint"),
    does::<action::HoldSlot>("Mutation.holdSlot"),
    does::<action::ManageWebhooks>("Mutation.pauseReplay"),
    does::<action::ManageRouting>("Mutation.publishRoutingRules"),
    does::<action::ManageRouting>("Mutation.publishScoringModel"),
    does::<action::RecordConsent>("Mutation.recordConsent"),
    does::<action::RecordMeetingOutcome>("Mutation.recordMeetingOutcome"),
    does::<action::ManageClients>("Mutation.registerDocuments"),
    does::<action::HoldSlot>("Mutation.releaseHold"),
    does::<action::ManageAvailability>("Mutation.removeBusyTime"),
    does::<action::ManageQuarantine>("Mutation.repairQuarantined"),
    does::<action::ManageDeadLetters>("Mutation.replayDeadLetter"),
    does::<action::ManageDeadLetters>("Mutation.replayDeadLetters"),
    does::<action::RescheduleMeeting>("Mutation.rescheduleMeeting"),
    does::<action::ManageWebhooks>("Mutation.resumeReplay"),
    does::<action::ManagePages>("Mutation.revokePageToken"),
    does::<action::ManageWebhooks>("Mutation.rotateWebhookSecret"),
    does::<action::ManageWebhooks>("Mutation.sendTestEvent"),
    does::<action::ManageClients>("Mutation.setClientOrigins"),
    does::<action::ManageDeadLetters>("Mutation.setDeliveryPolicy"),
    does::<action::ManageClients>("Mutation.setDocumentPolicy"),
    does::<action::ManageAvailability>("Mutation.setSchedule"),
    does::<action::ManageWebhooks>("Mutation.startReplay"),
    does::<action::SubmitForm>("Mutation.submitForm"),
    does::<action::ManageClients>("Mutation.unregisterDocuments"),
    does::<action::ManageWebhooks>("Mutation.updateWebhookEndpoint"),
    does::<action::ManageWebhooks>("Mutation.verifyWebhookEndpoint"),
    needs("Query.availability", &[Scope::AvailabilityRead]),
    needs("Query.client", &[Scope::ClientsManage]),
    needs("Query.connections", &[Scope::IntegrationsRead]),
    needs("Query.contact", &[Scope::ContactsRead]),
    needs("Query.contacts", &[Scope::ContactsRead]),
    needs("Query.deadLetters", &[Scope::DeliveriesRead]),
    needs("Query.destinations", &[Scope::DeliveriesRead]),
    needs("Query.errorCatalogue", &[]),
    needs("Query.events", &[Scope::EventsSubscribe]),
    needs("Query.hosts", &[Scope::AvailabilityRead]),
    needs("Query.inboundDeliveries", &[Scope::DeliveriesRead]),
    needs("Query.meeting", &[Scope::MeetingsRead]),
    needs("Query.meetingType", &[Scope::AvailabilityRead]),
    needs("Query.meetingTypes", &[Scope::AvailabilityRead]),
    needs("Query.meetings", &[Scope::MeetingsRead]),
    // Each kind of node has a rule of its own, see `NODES`.
    needs("Query.node", &[]),
    needs("Query.nodes", &[]),
    needs("Query.pageTokens", &[Scope::PagesManage]),
    needs("Query.replay", &[Scope::WebhooksRead]),
    needs("Query.replays", &[Scope::WebhooksRead]),
    needs("Query.submission", &[Scope::FormsSubmit]),
    needs("Query.viewer", &[]),
    needs("Query.webhookEndpoints", &[Scope::WebhooksRead]),
    needs("Subscription.events", &[Scope::EventsSubscribe]),
    needs("Subscription.meetingBooked", &[Scope::EventsSubscribe]),
    needs("Subscription.meetingEvents", &[Scope::EventsSubscribe]),
    needs("Subscription.meetingOutcome", &[Scope::EventsSubscribe]),
];

/// The root fields that a page token opens, for its offers. It is published, so everything else is closed to it.
pub const PAGE_FIELDS: &[&str] = &[
    "Mutation.bookMeeting",
    "Mutation.holdSlot",
    "Mutation.releaseHold",
    "Mutation.submitForm",
    "Query.availability",
    "Query.meetingType",
    "Query.meetingTypes",
];

/// Fields that are null (lists: empty) for those who lack the scope.
pub const HIDDEN_FIELDS: &[Rule] = &[
    needs("Activity.properties", &[Scope::ContactsPiiRead]),
    needs("Contact.consentStatus", &[Scope::ConsentRead]),
    needs("Contact.consents", &[Scope::ConsentRead]),
    needs("Contact.crmRecords", &[Scope::ContactsRead, Scope::IntegrationsRead]),
    needs("Contact.email", &[Scope::ContactsPiiRead]),
    needs("Contact.familyName", &[Scope::ContactsPiiRead]),
    needs("Contact.givenName", &[Scope::ContactsPiiRead]),
    needs("Contact.meetings", &[Scope::MeetingsRead]),
    needs("Contact.phone", &[Scope::ContactsPiiRead]),
    needs("Delivery.body", &[Scope::ContactsPiiRead]),
    needs("Host.email", &[Scope::ContactsRead]),
    needs("Host.weeklyHours", &[Scope::ContactsRead]),
    needs("InboundDelivery.body", &[Scope::ContactsPiiRead]),
    needs("Meeting.attribution", &[Scope::ContactsRead]),
    needs("Meeting.cancelReason", &[Scope::ContactsPiiRead]),
    needs("Meeting.contact", &[Scope::ContactsRead]),
    needs("Meeting.crmRecords", &[Scope::ContactsRead, Scope::IntegrationsRead]),
    needs("Meeting.note", &[Scope::ContactsPiiRead]),
    needs("MeetingType.location", &[Scope::MeetingsRead]),
    needs("Submission.contact", &[Scope::ContactsRead]),
    needs("Submission.routingDecision", &[Scope::ContactsRead]),
    needs("Submission.score", &[Scope::ContactsRead]),
    needs("Task.crmRecords", &[Scope::ContactsRead, Scope::IntegrationsRead]),
];

/// Fields of inputs that ask for what is hidden. Who lacks the scope is told which one.
pub const GUARDED_INPUTS: &[Rule] = &[needs("ContactFilterInput.email", &[Scope::ContactsPiiRead])];

/// The types that `node` finds. Who lacks the scope finds nothing, as if there were no such id.
pub const NODES: &[Rule] = &[
    needs("Contact", &[Scope::ContactsRead]),
    needs("Delivery", &[Scope::DeliveriesRead]),
    needs("Host", &[Scope::AvailabilityRead]),
    needs("InboundDelivery", &[Scope::DeliveriesRead]),
    needs("Meeting", &[Scope::MeetingsRead]),
    needs("MeetingType", &[Scope::AvailabilityRead]),
    needs("WebhookEndpoint", &[Scope::WebhooksRead]),
];

/// Keys of events' payloads, as `type.key`, that are null where a field would be hidden that tells the same.
pub const HIDDEN_DATA: &[Rule] = &[
    needs("MQL_reached.score", &[Scope::ContactsRead]),
    needs("MQL_reached.threshold", &[Scope::ContactsRead]),
    needs("crm_receipt.external_id", &[Scope::ContactsRead, Scope::IntegrationsRead]),
    needs("lead_routed.owner", &[Scope::ContactsRead]),
    needs("score_changed.score", &[Scope::ContactsRead]),
];

/// The rule of a root field. What is not in the table is open to nobody.
pub fn root_field(root: &str, field: &str) -> Option<&'static Rule> {
    let is = |rule: &&Rule| rule.coordinate.strip_prefix(root).and_then(|rest| rest.strip_prefix('.')) == Some(field);
    ROOT_FIELDS.iter().find(is)
}

/// The keys of the payload of an event of this type that these rights do not show.
pub fn hidden_data(event_type: &str, grants: &Grants) -> impl Iterator<Item = &'static str> {
    let of_type = move |rule: &'static Rule| rule.coordinate.strip_prefix(event_type)?.strip_prefix('.');
    HIDDEN_DATA.iter().filter(|rule| !rule.admits(grants)).filter_map(of_type)
}

/// The rule of a coordinate, for constants.
///
/// # Panics
///
/// Where the table has no such coordinate. In a constant that is an error of the compiler.
#[expect(clippy::panic, reason = "in a constant it is an error of the compiler")]
pub const fn rule(coordinate: &str) -> &'static Rule {
    let tables = [HIDDEN_FIELDS, GUARDED_INPUTS, NODES];
    let mut table = 0;
    while table < tables.len() {
        let mut line = 0;
        while line < tables[table].len() {
            if is_same(tables[table][line].coordinate.as_bytes(), coordinate.as_bytes()) {
                return &tables[table][line];
            }
            line += 1;
        }
        table += 1;
    }
    panic!("the policy table has no such coordinate");
}

const fn is_same(one: &[u8], other: &[u8]) -> bool {
    let mut place = 0;
    while place < one.len() && place < other.len() && one[place] == other[place] {
        place += 1;
    }
    place == one.len() && place == other.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_says_everything_once() {
        for table in [ROOT_FIELDS, HIDDEN_FIELDS, GUARDED_INPUTS, NODES, HIDDEN_DATA] {
            assert!(table.is_sorted_by(|one, next| one.coordinate < next.coordinate), "{table:?}");
        }
    }

    #[test]
    fn every_scope_opens_something() {
        let all = [ROOT_FIELDS, HIDDEN_FIELDS, GUARDED_INPUTS, NODES, HIDDEN_DATA].concat();
        let idle = |scope: &&Scope| !all.iter().any(|rule| rule.scopes.contains(scope));
        assert_eq!(Scope::ALL.iter().filter(idle).collect::<Vec<_>>(), Vec::<&Scope>::new());
    }

    fn check(rule: &Rule, granted: &str, expected: bool) {
        assert_eq!(rule.admits(&Grants::try_from(granted.to_owned()).unwrap()), expected, "{rule:?}: {granted}");
    }

    #[test]
    fn one_of_the_scopes_is_enough() {
        check(rule("Contact.email"), "contacts.pii:read", true);
        check(rule("Contact.email"), "contacts:read", false);
        check(rule("Meeting.crmRecords"), "integrations:read", true);
        check(rule("Meeting.crmRecords"), "meetings:read", false);
        check(root_field("Query", "viewer").unwrap(), "", true);
        assert_eq!(root_field("Query", "secrets"), None);
        assert_eq!(root_field("Query", "bookMeeting"), None);
    }

    #[test]
    fn a_page_has_the_scopes_of_its_fields_and_no_others() {
        let granted = crate::workspaces::PageToken::grants();
        let rules = PAGE_FIELDS.iter().map(|field| ROOT_FIELDS.iter().find(|rule| rule.coordinate == *field).unwrap());
        let needed: Grants = rules.flat_map(|rule| rule.scopes.iter().copied()).collect();
        assert_eq!(granted, needed);
    }

    #[test]
    fn data_is_hidden_key_by_key() {
        let hidden = |granted: &str| {
            hidden_data("MQL_reached", &Grants::try_from(granted.to_owned()).unwrap()).collect::<Vec<_>>()
        };
        assert_eq!(hidden("events:subscribe"), ["score", "threshold"]);
        assert_eq!(hidden("contacts:read"), [""; 0]);
    }
}
