// Every GraphQL document of the console.
//
// One panel, one document: what a panel shows needs its own scopes, so a token that lacks one loses that panel and
// nothing else.

const PAGE = "pageInfo { hasNextPage endCursor }";
const PERSON = "id givenName familyName email companyName";
const ERRORS = "errors { __typename ... on UserError { code field message retryable } ... on VersionConflict { currentVersion } }";
const EVENT = "__typename id cursor type occurredAt sequence entityId correlationId data";
const MEETING = `id title startsAt endsAt status version sequence location note cancelReason bookedAt updatedAt
  contactTimeZone hostTimeZone calendarUid host { id name } meetingType { id name }`;

export const VIEWER = "query Viewer { viewer { clientId scopes member { name } workspace { name } } }";

export const MEETINGS = `query Meetings($first: Int!, $after: String, $status: MeetingStatus, $hostId: ID) {
  meetings(first: $first, after: $after, filter: { status: $status, hostId: $hostId }) {
    edges { node { id title startsAt endsAt status host { id name } } } ${PAGE}
  }
}`;

export const MEETING_PAGE = `query Meeting($id: ID!) { meeting(id: $id) { ${MEETING} } }`;

export const MEETING_CONTACT = `query MeetingContact($id: ID!) { meeting(id: $id) { contact { ${PERSON} } } }`;

export const MEETING_RECORDS = `query MeetingRecords($id: ID!) {
  meeting(id: $id) { version crmRecords { connectionId externalId version } }
}`;

export const CONTACTS = `query Contacts($first: Int!, $after: String) {
  contacts(first: $first, after: $after) {
    edges { node { ${PERSON} lifecycle score updatedAt owner { id name } } } ${PAGE}
  }
}`;

export const CONTACT_PAGE = `query Contact($id: ID!) {
  contact(id: $id) {
    ${PERSON} phone jobTitle country lifecycle score scoreModelVersion mqlAt version createdAt updatedAt
    owner { id name }
  }
}`;

export const CONTACT_ROUTING = `query ContactRouting($id: ID!) {
  contact(id: $id) { routingDecision { id rulesVersion explanation decidedAt owner { id name } } }
}`;

export const CONTACT_TASKS = `query ContactTasks($id: ID!) {
  contact(id: $id) { tasks { id subject dueAt createdAt owner { id name } crmRecords { connectionId externalId version } } }
}`;

export const CONTACT_MEETINGS = `query ContactMeetings($id: ID!, $after: String) {
  contact(id: $id) { meetings(first: 20, after: $after) { edges { node { id title startsAt endsAt status host { id name } } } ${PAGE} } }
}`;

export const CONTACT_ACTIVITIES = `query ContactActivities($id: ID!) {
  contact(id: $id) { activities { id kind occurredAt properties } }
}`;

export const CONTACT_CONSENTS = `query ContactConsents($id: ID!) {
  contact(id: $id) { consents { id channel permission lawfulBasis consentTimestamp source wording } }
}`;

export const CONTACT_RECORDS = `query ContactRecords($id: ID!) {
  contact(id: $id) { version crmRecords { connectionId externalId version } }
}`;

export const HOST_NAMES = "query HostNames { hosts { id name } }";

export const HOSTS = `query Hosts {
  hosts { id name timeZone email active weeklyHours { weekday start end } }
}`;

export const CONNECTIONS = "query Connections { connections { id provider name baseUrl status createdAt } }";

const EVENT_PAGE = `{ edges { node { ${EVENT} } } ${PAGE} }`;

export const EVENTS_OF_ENTITY = `query EventsOfEntity($first: Int!, $after: EventCursor, $id: ID!) {
  events(first: $first, after: $after, filter: { entityId: $id }) ${EVENT_PAGE}
}`;

export const EVENTS_OF_TRACE = `query EventsOfTrace($first: Int!, $after: EventCursor, $correlationId: String!) {
  events(first: $first, after: $after, filter: { correlationId: $correlationId }) ${EVENT_PAGE}
}`;

export const MEETING_EVENTS = `subscription MeetingEvents($after: EventCursor) {
  meetingEvents(after: $after) {
    ${EVENT}
    ... on MeetingBooked { meeting { id title startsAt status } }
    ... on MeetingRescheduled { meeting { id title startsAt status } }
    ... on MeetingCancelled { meeting { id title startsAt status } }
    ... on MeetingOutcomeRecorded { meeting { id title startsAt status } }
  }
}`;

export const DEAD_LETTERS = `query DeadLetters($first: Int!, $after: String) {
  deadLetters(first: $first, after: $after) {
    edges { node { id destination lane state attempts lastError payload body correlationId createdAt eventPosition } } ${PAGE}
  }
}`;

export const DESTINATIONS = `query Destinations {
  destinations { destination circuit openUntil failures depth oldestSince deadLetters lanesBlocked onDeath }
}`;

export const REPLAY_ALL = `mutation ReplayDeadLetters($input: ReplayDeadLettersInput!) {
  replayDeadLetters(input: $input) { replayed remaining ${ERRORS} }
}`;

export const DISCARD = `mutation DiscardDeadLetter($input: DiscardDeadLetterInput!) {
  discardDeadLetter(input: $input) { delivery { id state } ${ERRORS} }
}`;

export const EDIT = `mutation EditDeadLetter($input: EditDeadLetterInput!) {
  editDeadLetter(input: $input) { delivery { id state } fields ${ERRORS} }
}`;

export const QUARANTINED = `query Quarantined($first: Int!, $after: String) {
  inboundDeliveries(first: $first, after: $after, filter: { state: QUARANTINED }) {
    edges { node { id state connectionId deliveryId receivedAt correlationId body violations { path message keyword } } } ${PAGE}
  }
}`;

export const REPAIR = `mutation RepairQuarantined($input: RepairQuarantinedInput!) {
  repairQuarantined(input: $input) { delivery { id state } ${ERRORS} }
}`;

export const DISCARD_QUARANTINED = `mutation DiscardQuarantined($input: DiscardQuarantinedInput!) {
  discardQuarantined(input: $input) { delivery { id state } ${ERRORS} }
}`;

export const AVAILABILITY = `query Availability($input: AvailabilityInput!) {
  availability(input: $input) { slots { startsAt endsAt hosts { id name } } }
}`;

export const CANCEL = `mutation CancelMeeting($input: CancelMeetingInput!) {
  cancelMeeting(input: $input) { meeting { id status version } ${ERRORS} }
}`;

export const RESCHEDULE = `mutation RescheduleMeeting($input: RescheduleMeetingInput!) {
  rescheduleMeeting(input: $input) { meeting { id startsAt version } ${ERRORS} }
}`;

export const RECORD_OUTCOME = `mutation RecordMeetingOutcome($input: RecordMeetingOutcomeInput!) {
  recordMeetingOutcome(input: $input) { meeting { id status version } ${ERRORS} }
}`;

export const REPLAY = `mutation ReplayDeadLetter($input: ReplayDeadLetterInput!) {
  replayDeadLetter(input: $input) { delivery { id state } ${ERRORS} }
}`;
