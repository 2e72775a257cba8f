// What a client written with Relay asks: a page of a connection that goes on, an object that is found again by its id,
// a mutation, a subscription.
const { graphql } = require("relay-runtime");

graphql`
  query AppQuery {
    viewer { clientId workspace { name } }
    ...App_meetings
  }
`;

graphql`
  fragment App_meetings on Query
  @argumentDefinitions(count: { type: "Int", defaultValue: 10 }, cursor: { type: "String" })
  @refetchable(queryName: "AppMeetingsQuery") {
    meetings(first: $count, after: $cursor) @connection(key: "App_meetings") {
      edges { node { ...App_meeting } }
    }
  }
`;

graphql`
  fragment App_meeting on Meeting @refetchable(queryName: "AppMeetingQuery") {
    id
    title
    startsAt
    status
    contact { givenName familyName }
  }
`;

graphql`
  mutation AppBookMutation($input: BookMeetingInput!) {
    bookMeeting(input: $input) {
      meeting { ...App_meeting }
      errors { __typename code message ... on SlotTaken { alternatives { startsAt } } }
    }
  }
`;

graphql`
  subscription AppEventsSubscription($after: EventCursor) {
    meetingEvents(after: $after) {
      __typename
      cursor
      ... on MeetingBooked { meeting { ...App_meeting } }
    }
  }
`;
