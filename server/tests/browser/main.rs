//! Our pages in a real browser: GraphiQL as a newcomer meets it, and the console as an operator works with it.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test ends where its stage cannot be set")]

mod sandbox;

use sandbox::told_by;

/// A sample that cannot succeed in a new sandbox is refused for a reason of its own: the meeting of the samples is
/// cancelled before its outcome is recorded, and nothing is dead that could be replayed.
const SEEN_BY_A_NEWCOMER: &str = "\
signed in: true
the address is clean: true
nothing is kept of the tokens: true
Who am I: ok
Meeting types: ok
Availability: ok
Submit a form: ok
Hold a slot: ok
Book a meeting: ok
Reschedule a meeting: ok
Cancel a meeting: ok
Record an outcome: MEETING_NOT_ACTIVE
Meetings: ok
Meeting events (subscription): MeetingBooked
Trace by correlation id: ok
Dead letters: ok
Replay a dead letter: NOT_FOUND
scopes are shown: true
signed out: true
the schema without a token: 401
from elsewhere: nothing
complaints: none
";

const SEEN_BY_AN_OPERATOR: &str = "\
the login is shown: true
meetings are shown: true
the address is clean: true
verifier, secret, password of the client: true false false
nothing is kept of the tokens: true
GraphiQL's bundle is loaded: false
live through a renewal: true true
each refresh token is new: true kept: false
renewed before its end: true
back after a reload, by one click: true
another state: The answer does not fit the sign-in that was begun here. Sign in again.
and the code is sent: false or kept: false
nothing begun: That answer belongs to no sign-in of this tab. Sign in again.
not allowed: The server refused: the member said no.
the code is sent: false
the refresh token afterwards: 400 invalid_grant
the access token afterwards: 401
stays signed out: true
a persona, through a reload: true, kept: false
in the playground: HTTP 200
from elsewhere: nothing
complaints: none
without a client: true fields: 0
by a link: true
fits a phone: true
ended elsewhere, and back by one click: true
complaints there: none
";

#[test]
fn a_newcomer_signs_in_and_runs_every_sample() {
    assert_eq!(told_by("newcomer.mjs"), SEEN_BY_A_NEWCOMER);
}

#[test]
fn an_operator_signs_in_stays_and_leaves_nothing_behind() {
    assert_eq!(told_by("operator.mjs"), SEEN_BY_AN_OPERATOR);
}
