// Documents for the whole path, from "who am I" to a replayed dead letter, in the order one would run them.
//
// `variables` is given the memory of earlier answers and `now`, and the key of a new intent.

const ERRORS = `errors {
      __typename
      ... on UserError { code field message retryable }
    }`;
const DAY_MS = 86400000;

export const SAMPLES = [
  {
    title: "Who am I",
    query: `query Viewer {
  viewer {
    clientId
    scopes
    host { id name }
    workspace { id name }
  }
}`,
  },
  {
    title: "Meeting types",
    query: `query MeetingTypes {
  meetingTypes { id slug name durationMinutes location hosts { id name } }
}`,
  },
  {
    title: "Availability",
    query: `query Availability($input: AvailabilityInput!) {
  availability(input: $input) {
    timeZone
    slots { startsAt endsAt localStart hosts { id name } }
  }
}`,
    variables: ({ memory, now }) => ({
      input: {
        meetingTypeId: memory.get("meetingTypeId", "Meeting types"),
        from: new Date(now).toISOString(),
        until: new Date(now + 7 * DAY_MS).toISOString(),
        timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
      },
    }),
  },
  {
    title: "Submit a form",
    query: `mutation SubmitForm($input: SubmitFormInput!) {
  submitForm(input: $input) {
    submission {
      id
      state
      score
      correlationId
      owner { id name }
      meetingType { id name }
      slots { startsAt endsAt hosts { id name } }
    }
    ${ERRORS}
  }
}`,
    variables: ({ key }) => ({
      input: {
        idempotencyKey: key,
        formId: "playground",
        contact: { email: "grace.hopper@example.com", fullName: "Grace Hopper", company: "Example Corp", country: "US" },
        answers: { message: "We would like to see a demo." },
        attribution: { utmSource: "playground", utmMedium: "manual" },
        consents: [{ channel: "EMAIL", permission: "GRANTED", lawfulBasis: "CONSENT", wording: "You may e-mail me." }],
      },
    }),
  },
  {
    title: "Hold a slot",
    query: `mutation HoldSlot($input: HoldSlotInput!) {
  holdSlot(input: $input) {
    hold { id startsAt endsAt expiresAt host { id name } }
    errors {
      __typename
      ... on UserError { code field message retryable }
      ... on SlotTaken { alternatives { startsAt endsAt hosts { id name } } }
    }
  }
}`,
    variables: ({ memory, key }) => ({
      input: {
        idempotencyKey: key,
        meetingTypeId: memory.get("meetingTypeId", "Meeting types"),
        startsAt: memory.start("Availability"),
      },
    }),
  },
  {
    title: "Book a meeting",
    query: `mutation BookMeeting($input: BookMeetingInput!) {
  bookMeeting(input: $input) {
    meeting { id version title startsAt endsAt status calendarUid sequence host { id name } }
    errors {
      __typename
      ... on UserError { code field message retryable }
      ... on SlotTaken { alternatives { startsAt endsAt hosts { id name } } }
    }
  }
}`,
    variables: ({ memory, key }) => ({
      input: {
        idempotencyKey: key,
        meetingTypeId: memory.get("meetingTypeId", "Meeting types"),
        ...(memory.has("holdId")
          ? { holdId: memory.get("holdId"), startsAt: memory.get("holdStartsAt") }
          : { startsAt: memory.start("Availability") }),
        invitee: { email: "grace.hopper@example.com", givenName: "Grace", familyName: "Hopper" },
        timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
      },
    }),
  },
  {
    title: "Reschedule a meeting",
    query: `mutation RescheduleMeeting($input: RescheduleMeetingInput!) {
  rescheduleMeeting(input: $input) {
    meeting { id version startsAt endsAt status sequence }
    errors {
      __typename
      ... on UserError { code field message retryable }
      ... on SlotTaken { alternatives { startsAt endsAt hosts { id name } } }
      ... on VersionConflict { currentVersion }
    }
  }
}`,
    variables: ({ memory, key }) => ({
      input: {
        idempotencyKey: key,
        meetingId: memory.get("meetingId", "Book a meeting"),
        startsAt: memory.start("Availability", { sameHost: true }),
        ...expected(memory),
      },
    }),
  },
  {
    title: "Cancel a meeting",
    query: `mutation CancelMeeting($input: CancelMeetingInput!) {
  cancelMeeting(input: $input) {
    meeting { id version status cancelReason }
    ${ERRORS}
  }
}`,
    variables: ({ memory, key }) => ({
      input: { idempotencyKey: key, meetingId: memory.get("meetingId", "Book a meeting"), reason: "Tried it out", ...expected(memory) },
    }),
  },
  {
    title: "Record an outcome",
    query: `mutation RecordMeetingOutcome($input: RecordMeetingOutcomeInput!) {
  recordMeetingOutcome(input: $input) {
    meeting { id version status }
    ${ERRORS}
  }
}`,
    variables: ({ memory, key }) => ({
      input: { idempotencyKey: key, meetingId: memory.get("meetingId", "Book a meeting"), outcome: "COMPLETED", ...expected(memory) },
    }),
  },
  {
    title: "Meetings",
    query: `query Meetings($status: MeetingStatus) {
  meetings(first: 10, filter: { status: $status }) {
    edges { node { id version title startsAt status host { id name } } }
    pageInfo { hasNextPage endCursor }
  }
}`,
    variables: () => ({ status: "CONFIRMED" }),
  },
  {
    title: "Meeting events (subscription)",
    query: `subscription MeetingEvents($after: EventCursor) {
  meetingEvents(after: $after) {
    __typename
    id
    cursor
    type
    occurredAt
    correlationId
    ... on MeetingBooked { meeting { id title startsAt status } }
    ... on MeetingRescheduled { meeting { id title startsAt status } }
    ... on MeetingCancelled { meeting { id title status } }
    ... on MeetingOutcomeRecorded { meeting { id title status } }
  }
}`,
  },
  {
    title: "Trace by correlation id",
    query: `query Trace($correlationId: String!) {
  events(first: 50, filter: { correlationId: $correlationId }) {
    edges { node { type occurredAt entityId data } }
  }
}`,
    variables: ({ memory }) => ({ correlationId: memory.get("correlationId", "Submit a form") }),
  },
  {
    title: "Dead letters",
    query: `query DeadLetters {
  deadLetters(first: 10) {
    edges { node { id destination lane state attempts lastError payload correlationId } }
  }
}`,
  },
  {
    title: "Replay a dead letter",
    query: `mutation ReplayDeadLetter($input: ReplayDeadLetterInput!) {
  replayDeadLetter(input: $input) {
    delivery { id state attempts }
    ${ERRORS}
  }
}`,
    variables: ({ memory, key }) => ({ input: { idempotencyKey: key, deliveryId: memory.get("deliveryId", "Dead letters") } }),
  },
];

function expected(memory) {
  return memory.has("meetingVersion") ? { expectedVersion: memory.get("meetingVersion") } : {};
}
