// Every GraphQL document of the booking page.

const SLOT = "startsAt endsAt hosts { id name }";
const OFFER = "id slug name durationMinutes location";
const ERROR = "__typename ... on UserError { code field message retryable }";
const TAKEN = `... on SlotTaken { alternatives { ${SLOT} } }`;

export const MEETING_TYPES = `query MeetingTypes { meetingTypes { ${OFFER} } }`;

export const SUBMIT_FORM = `mutation SubmitForm($input: SubmitFormInput!) {
  submitForm(input: $input) {
    submission { id state warnings owner { id name } meetingType { ${OFFER} } slots { ${SLOT} } }
    errors { ${ERROR} }
  }
}`;

export const AVAILABILITY = `query Availability($input: AvailabilityInput!) {
  availability(input: $input) { slots { ${SLOT} } }
}`;

export const HOLD_SLOT = `mutation HoldSlot($input: HoldSlotInput!) {
  holdSlot(input: $input) {
    hold { id startsAt endsAt host { id name } }
    errors { ${ERROR} ${TAKEN} }
  }
}`;

export const RELEASE_HOLD = `mutation ReleaseHold($input: ReleaseHoldInput!) {
  releaseHold(input: $input) { errors { ${ERROR} } }
}`;

export const BOOK_MEETING = `mutation BookMeeting($input: BookMeetingInput!) {
  bookMeeting(input: $input) {
    meeting { id title startsAt endsAt status location calendarUid sequence updatedAt host { id name } }
    errors { ${ERROR} ${TAKEN} }
  }
}`;
