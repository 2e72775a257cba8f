//! Every limit of the product in one place, with its reason.

use std::time::Duration;

/// A request body, in bytes. A form with 200 answers is under 64 KiB; more is a mistake or an attack.
pub const REQUEST_BODY_BYTES_MAX: usize = 1024 * 1024;
/// The body of a batch of webhooks, in bytes: as many forms as a batch may have, of 4 KiB each.
pub const BATCH_BODY_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Items of a batch of webhooks: a backlog of a thousand forms in one request, and an answer within a second or two.
pub const BATCH_ITEMS_MAX: usize = 1000;
/// Items of a batch that are stored in one transaction: long enough to save commits, short enough to let others in.
pub const BATCH_CHUNK: usize = 100;
/// How long a delivery that came in is kept, and recognised when it is sent again, in days. The longest retries are
/// Stripe's, three days; people who send a backlog again do so within a month.
pub const INBOUND_KEPT_DAYS: i64 = 35;
/// A page of a connection. More rows per page cost more than a second request.
pub const PAGE_SIZE_MAX: usize = 100;
/// Slots offered with a form submission: what a booking page shows before the visitor picks another day.
pub const SLOTS_OFFERED: usize = 12;
/// The range of an availability query, in days (a leap year).
pub const AVAILABILITY_DAYS_MAX: i64 = 366;
/// Starts of hosts in the answer to an availability query: half-hour meetings of ten hosts in a year of working days.
pub const SLOTS_MAX: i64 = 50_000;
/// How far ahead slots are offered with a form submission, in days.
pub const OFFER_DAYS: i64 = 14;
/// How long a soft hold lasts at most, in minutes. Longer and a forgotten tab would starve the calendar.
pub const HOLD_MINUTES_MAX: i64 = 30;
/// How long a soft hold lasts when the caller does not say, in minutes.
pub const HOLD_MINUTES_DEFAULT: i64 = 10;
/// Signed webhooks are accepted this many seconds around their timestamp (Standard Webhooks 1.0 recommends 5 min).
pub const SIGNATURE_WINDOW_SECONDS: i64 = 300;
/// How far ahead of ours the clock of somebody who tells us a time may be, in seconds.
pub const CLOCK_AHEAD_SECONDS_MAX: i64 = 300;
/// An idempotency key, in characters.
pub const IDEMPOTENCY_KEY_LENGTH_MAX: usize = 255;
/// A short text (name, title), in characters.
pub const SHORT_TEXT_LENGTH_MAX: usize = 200;
/// The slug of a meeting type, in characters: it is read aloud and typed.
pub const SLUG_LENGTH_MAX: usize = 64;
/// A long text (note, message), in characters.
pub const LONG_TEXT_LENGTH_MAX: usize = 4000;
/// Where a meeting takes place, in characters: a link of a conference with all that it carries.
pub const LOCATION_LENGTH_MAX: usize = 1000;
/// Territories of a workspace's routing rules.
pub const TERRITORIES_MAX: usize = 500;
/// Regions of one territory, and countries: there are 249.
pub const TERRITORY_PARTS_MAX: usize = 300;
/// Territories, or product lines, of one host.
pub const HOST_NAMES_MAX: usize = 100;
/// The share of one host, relative to the others.
pub const HOST_WEIGHT_MAX: u32 = 1000;
/// Those who take a lead that nobody else can.
pub const FALLBACK_OWNERS_MAX: usize = 100;
/// Attempts before a delivery is dead. With the worker's backoff (ceiling 1 s, doubled up to 1 h, full jitter) this
/// spans about a day: twelve steps to the ceiling, then half an hour each on average.
pub const DELIVERY_ATTEMPTS_MAX: i32 = 60;
/// The longest wait that a destination may ask for (`Retry-After`, rate limits), CRMs and endpoints alike. Longer is not
/// a wait but a refusal that people should see: the delivery is a dead letter.
pub const TOLD_WAIT_MAX: Duration = Duration::from_hours(24);
/// Webhook endpoints of a workspace. Every event is held against every one of them.
pub const ENDPOINTS_MAX: u64 = 50;
/// Custom headers of a webhook endpoint: a token and a few marks for routing.
pub const ENDPOINT_HEADERS_MAX: usize = 10;
/// Conditions of a webhook endpoint's filter, and values of one condition.
pub const ENDPOINT_CONDITIONS_MAX: usize = 20;
/// How long a webhook endpoint may take to answer, in seconds. Longer work belongs behind its own queue.
pub const ENDPOINT_TIMEOUT_SECONDS_MAX: i32 = 30;
/// How long it may take when nobody says, in seconds.
pub const ENDPOINT_TIMEOUT_SECONDS_DEFAULT: i32 = 15;
/// The longest overlap of a secret's rotation, in hours: a week, for receivers that are deployed on Mondays.
pub const SECRET_OVERLAP_HOURS_MAX: i32 = 168;
/// The overlap when nobody says, in hours.
pub const SECRET_OVERLAP_HOURS_DEFAULT: i32 = 24;
/// Windows of a webhook endpoint's delivery hours: two a day, every day.
pub const ENDPOINT_WINDOWS_MAX: usize = 14;
/// Attempts at webhook endpoints are kept for this many days: longer than anybody looks for a lost message.
pub const ENDPOINT_ATTEMPTS_KEPT_DAYS: i64 = 30;
/// Parked deliveries that go back in line when their endpoint is enabled: one transaction, about a second. Whoever has
/// more sends the rest with `replayDeadLetters`.
pub const ENDPOINT_RESUMED_MAX: u64 = 5000;
/// Deliveries of one replay that wait at once. The rest waits in the log, so a replay of any size can be cancelled, and
/// the store holds no second copy of it.
pub const REPLAY_WAITING_MAX: u64 = 100;
/// Events of the log that a replay looks at in one transaction.
pub const REPLAY_BATCH: u64 = 200;
/// Places of the log that a replay goes over in one transaction, wanted or not: some milliseconds, however rare what it
/// looks for is.
pub const REPLAY_STRETCH: i64 = 5000;
/// Replays of a workspace that are not over. Each is looked at again and again.
pub const REPLAYS_OPEN_MAX: u64 = 5;
/// Hosts of one offer. The engine is linear in them; more than this is a directory, not a team.
pub const HOSTS_PER_OFFER_MAX: usize = 100;
/// Dead letters sent again by one request: one transaction, well under a second.
pub const DEAD_LETTERS_REPLAYED_MAX: u64 = 500;
/// Fields of a form that the log names when a dead letter is edited. Whoever changes more has written another form.
pub const EDITED_FIELDS_MAX: usize = 100;
/// Documents that are registered for one client. An app of a hundred screens has a few hundred; old releases of it need
/// theirs for as long as they are used.
pub const CLIENT_DOCUMENTS_MAX: u64 = 2000;
/// Documents that are registered by one request: they are validated before anything is written.
pub const DOCUMENTS_REGISTERED_MAX: usize = 100;
/// Origins from which one client may be used: its stages and its preview.
pub const CLIENT_ORIGINS_MAX: usize = 20;
/// Page tokens of a workspace that are good: one for each of its sites and campaigns.
pub const PAGE_TOKENS_MAX: u64 = 100;
/// Sites of a page token.
pub const PAGE_TOKEN_ORIGINS_MAX: usize = 20;
/// Offers of a page token.
pub const PAGE_TOKEN_MEETING_TYPES_MAX: usize = 50;
/// Root fields a minute that a page token may ask for at most: a campaign's landing page, not a crawler.
pub const PAGE_TOKEN_RATE_MAX: i32 = 6000;
/// The same when nobody says. A booking takes a visitor some five.
pub const PAGE_TOKEN_RATE_DEFAULT: i32 = 120;
/// Fields of a GraphQL document with its fragments expanded. The largest document of our own apps has under 200.
pub const DOCUMENT_FIELDS_MAX: u32 = 5000;
/// Mutations in one document. They run one after the other, each in a transaction of its own.
pub const DOCUMENT_MUTATIONS_MAX: u32 = 10;
/// Levels of a GraphQL document, fragments included.
pub const DOCUMENT_DEPTH_MAX: u32 = 32;
/// A GraphQL document, registered or not, in bytes: as long as a message on a socket may be. The largest of our own apps
/// has 3 KiB, the introspection query of graphql-js under 2.
pub const DOCUMENT_BYTES_MAX: usize = 64 * 1024;
/// Words and signs of a GraphQL document. The introspection query of graphql-js has under 300.
pub const DOCUMENT_TOKENS_MAX: usize = 10_000;
/// The texts of the variables of a query or a subscription, in bytes: they are copied for each field that they stand at.
pub const QUERY_TEXTS_BYTES_MAX: usize = 16 * 1024;
/// A name or a number of a document, in bytes: an answer repeats the name of a field for each object.
pub const DOCUMENT_NAME_BYTES_MAX: usize = 128;
/// Brackets within brackets of a GraphQL document, those of input objects included.
pub const DOCUMENT_BRACKETS_MAX: usize = 64;
/// Aliases of a GraphQL document with its fragments expanded. A page of a hundred things by their ids takes as many.
pub const DOCUMENT_ALIASES_MAX: u32 = 300;
/// Directives of a GraphQL document with its fragments expanded.
pub const DOCUMENT_DIRECTIVES_MAX: u32 = 100;
/// Fields of an operation that are not within another.
pub const DOCUMENT_ROOTS_MAX: u32 = 100;
/// Operations of a GraphQL document, of which one runs.
pub const DOCUMENT_OPERATIONS_MAX: usize = 50;
/// Values of a GraphQL request's JSON, those within others included: a form with 200 answers has under 1000.
pub const REQUEST_VALUES_MAX: usize = 20_000;

/// Whether a text is one, and no longer than [`SHORT_TEXT_LENGTH_MAX`].
pub fn is_short_text(text: &str) -> bool {
    !text.trim().is_empty() && text.chars().count() <= SHORT_TEXT_LENGTH_MAX
}
