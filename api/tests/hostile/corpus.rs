//! The attacks. Each is made when it is needed; none is kept.

use std::fmt::Write as _;

use serde_json::json;

/// One request that means harm.
pub struct Attack {
    pub name: &'static str,
    pub body: Vec<u8>,
    pub header: Option<(&'static str, &'static str)>,
    /// What it is refused with.
    pub code: &'static str,
}

const INVALID: &str = "GRAPHQL_VALIDATION_FAILED";
const UNPARSED: &str = "GRAPHQL_PARSE_FAILED";
const BAD: &str = "BAD_REQUEST";
const DEAR: &str = "COST_EXCEEDED";
/// As long as a document may be, nearly.
const LONG: usize = 65_000;

impl Attack {
    pub fn document(name: &'static str, document: &str, code: &'static str) -> Self {
        Self::raw(name, json!({"query": document}).to_string(), code)
    }

    fn raw(name: &'static str, body: impl Into<Vec<u8>>, code: &'static str) -> Self {
        Self { name, body: body.into(), header: None, code }
    }

    fn variables(name: &'static str, value: &str, code: &'static str) -> Self {
        let query = "query($a: String!) { meetingType(slug: $a) { id } }";
        Self::raw(name, format!(r#"{{"query":"{query}","variables":{{"a":{value}}}}}"#), code)
    }
}

pub fn attacks() -> Vec<Attack> {
    [deep(), wide(), merged(), spread(), directed(), lexical(), values(), bodies()].into_iter().flatten().collect()
}

/// So many of something, with its number.
fn many(count: usize, one: impl Fn(usize) -> String) -> String {
    (0..count).map(one).collect()
}

fn nested(open: &str, within: &str, close: &str, times: usize) -> String {
    format!("{}{within}{}", open.repeat(times), close.repeat(times))
}

/// `levels` fragments, each of which spreads the next `times` times.
fn bomb(levels: usize, times: usize, within: &str) -> String {
    let mut text = "{ ...F0 }".to_owned();
    for level in 0..levels {
        let spreads = format!("...F{} ", level + 1).repeat(times);
        write!(text, " fragment F{level} on Query {{ {spreads} }}").unwrap();
    }
    text + &format!(" fragment F{levels} on Query {{ {within} }}")
}

/// Of every host, and of nothing that would be seen.
fn year(number: usize) -> String {
    let range = r#"from: "2035-01-01T00:00:00Z", until: "2035-12-31T00:00:00Z""#;
    format!(r#"a{number}: availability(input: {{meetingTypeId: "a", {range}}}) {{ timeZone }} "#)
}

/// Depth.
fn deep() -> Vec<Attack> {
    let check = Attack::document;
    vec![
        check("deep: as brackets go", &nested("{a", "", "}", LONG / 3), INVALID),
        check("deep: just beyond", &nested("{ a ", "{ b }", "}", 33), INVALID),
        check("deep: inline fragments", &nested("{ ... on Query ", "{ b }", "}", 33), INVALID),
        check(
            "deep: one page within another",
            &nested("{ contacts { nodes { meetings { nodes { contact ", "{ id }", "} } } } }", 5),
            INVALID,
        ),
    ]
}

/// Much that has to be compared with each other (GraphQL §5.3.2).
fn merged() -> Vec<Attack> {
    let check = Attack::document;
    let pairs = nested_pairs(10, "clientId");
    let fragments = many(70, |n| format!("fragment F{n} on Viewer {{ {} }} ", "clientId ".repeat(60)));
    let wrong = many(70, |n| format!("fragment F{n} on Viewer {{ {} a: id{n} }} ", "clientId ".repeat(60)));
    let spreads = many(70, |n| format!("...F{n} "));
    let texts = many(4_000, |_| "$a, ".to_owned());
    vec![
        check(
            "merged: fields in conflict",
            &format!("{{ viewer {{ {} }} }}", "a: clientId a: scopes ".repeat(1_200)),
            INVALID,
        ),
        check("merged: pairs of pairs", &format!("{{ viewer {{ {pairs} a: clientId a: scopes }} }}"), INVALID),
        check("merged: fragments", &format!("{{ viewer {{ {spreads} a: clientId a: scopes }} }} {fragments}"), INVALID),
        check("merged: fragments in conflict", &format!("{{ viewer {{ {spreads} }} }} {wrong}"), INVALID),
        check(
            "variables where they may not stand",
            &format!("query($a: String) {{ events(filter: {{types: [{texts}]}}) {{ nodes {{ id }} }} }}"),
            INVALID,
        ),
    ]
}

/// Two of the same within two of the same, so many times.
fn nested_pairs(levels: usize, within: &str) -> String {
    (0..levels).fold(within.to_owned(), |pair, _| format!("... {{ {pair} }} ... {{ {pair} }} "))
}

/// Much of something.
fn wide() -> Vec<Attack> {
    let check = Attack::document;
    let introspection = nested("fields { type { ", "name", " } }", 5);
    let wide_pages = many(90, |n| format!("a{n}: contacts(first: 100) {{ nodes {{ id }} }} "));
    vec![
        check("wide: more words than there may be", &format!("{{ {} }}", "a ".repeat(20_000)), INVALID),
        check("wide: as many fields as words", &format!("{{ viewer {{ {} }} }}", "clientId ".repeat(7_000)), INVALID),
        check("wide: unknown fields", &format!("{{ viewer {{ {} }} }}", "nope ".repeat(4_900)), INVALID),
        check("wide: root fields", &format!("{{ {} }}", "viewer { clientId } ".repeat(101)), INVALID),
        check("wide: pages", &format!("{{ {wide_pages} }}"), DEAR),
        check("aliases", &format!("{{ viewer {{ {} }} }}", many(1_000, |n| format!("a{n}: clientId "))), INVALID),
        check("names: as long as a document", &format!("{{ {}: viewer {{ clientId }} }}", "a".repeat(LONG)), INVALID),
        check("calendars of a year", &format!("{{ {} }}", many(90, year)), DEAR),
        Attack::raw(
            "explained: as many lines as fields",
            json!({
                "query": format!("{{ contacts {{ nodes {{ {} }} }} }}", "id ".repeat(4_900)),
                "extensions": {"cost": "explain"},
            })
            .to_string(),
            "-",
        ),
        Attack::raw(
            "values: a long text at a hundred places",
            json!({
                "query": format!("query($a: String!) {{ {} }}", many(100, |n| format!("a{n}: meetingType(slug: $a) {{ id }} "))),
                "variables": {"a": "a".repeat(900_000)},
            })
            .to_string(),
            INVALID,
        ),
        check("operations", &many(1_000, |n| format!("query Q{n} {{ viewer {{ clientId }} }} ")), INVALID),
        check(
            "mutations",
            &format!(
                "mutation {{ {} }}",
                many(50, |n| format!("a{n}: cancelMeeting(input: {{}}) {{ meeting {{ id }} }} "))
            ),
            INVALID,
        ),
        check(
            "variables that are declared",
            &format!("query Q({}) {{ viewer {{ clientId }} }}", many(2_400, |n| format!("$a{n}: Int "))),
            INVALID,
        ),
        check(
            "introspection: types of types of types",
            &format!("{{ __schema {{ types {{ {introspection} }} }} }}"),
            DEAR,
        ),
        check(
            "introspection: again and again",
            &format!("{{ {} }}", many(80, |n| format!("a{n}: __schema {{ types {{ name fields {{ name }} }} }} "))),
            DEAR,
        ),
    ]
}

/// Fragments.
fn spread() -> Vec<Attack> {
    let check = Attack::document;
    let circle = "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }";
    vec![
        check("fragments: a bomb that is short", &bomb(30, 20, "viewer { clientId }"), INVALID),
        check("fragments: a bomb that is wide", &bomb(4, 40, "viewer { clientId }"), INVALID),
        check("fragments: a bomb of nothing known", &bomb(5, 100, "...Nowhere"), INVALID),
        check("fragments: a long chain", &bomb(1_000, 1, "viewer { clientId }"), INVALID),
        check("fragments: a circle", circle, INVALID),
        check(
            "fragments: many that nobody spreads",
            &format!("{{ viewer {{ clientId }} }} {}", many(1_000, |n| format!("fragment F{n} on Query {{ a }} "))),
            INVALID,
        ),
    ]
}

/// Directives.
fn directed() -> Vec<Attack> {
    let check = Attack::document;
    vec![
        check(
            "directives on a field",
            &format!("{{ viewer {} {{ clientId }} }}", "@skip(if: false) ".repeat(1_000)),
            INVALID,
        ),
        check("directives that do not exist", &format!("{{ viewer {} {{ clientId }} }}", "@a ".repeat(3_000)), INVALID),
        check(
            "directives on an operation",
            &format!("query Q {} {{ viewer {{ clientId }} }}", "@a ".repeat(3_000)),
            INVALID,
        ),
        check(
            "directives on a variable",
            &format!("query Q($a: Int {}) {{ viewer {{ clientId }} }}", "@a ".repeat(3_000)),
            INVALID,
        ),
    ]
}

/// Texts that keep a lexer or a parser busy.
fn lexical() -> Vec<Attack> {
    let check = Attack::document;
    vec![
        check("comments", &format!("#{}\n{{", "c".repeat(LONG - 10)), UNPARSED),
        check("commas", &format!("{{{}", ",".repeat(LONG - 10)), UNPARSED),
        check("too long", &format!("{{ viewer {{ clientId }} }} {}", " ".repeat(LONG * 2)), INVALID),
        check("too long by far", &"{".repeat(1_000_000), INVALID),
        check("a text without an end", &format!("{{ meetingType(slug: \"{}", "a".repeat(LONG - 100)), UNPARSED),
        check(
            "a block without an end",
            &format!("{{ meetingType(slug: \"\"\"{}", "\\\"\"\"".repeat(LONG / 5)),
            UNPARSED,
        ),
        check("quotes", &"\"".repeat(LONG), INVALID),
        check("escapes", &format!("{{ meetingType(slug: \"{}\") {{ nope }} }}", "\\u0041".repeat(LONG / 7)), INVALID),
        check(
            "a long number",
            &format!("{{ contacts(first: {}) {{ nodes {{ id }} }} }}", "9".repeat(LONG - 100)),
            INVALID,
        ),
        check("a long name", &format!("{{ {} }}", "a".repeat(LONG - 100)), INVALID),
        check("lists in lists", &format!("{{ contact(id: {}) {{ id }} }}", nested("[", "", "]", LONG / 3)), INVALID),
        check(
            "objects in objects",
            &format!("{{ contact(id: {}) {{ id }} }}", nested("{a:", "1", "}", LONG / 5)),
            INVALID,
        ),
        check(
            "types in types",
            &format!("query($a: {}) {{ viewer {{ clientId }} }}", nested("[", "A", "]", LONG / 3)),
            INVALID,
        ),
        check("a long list", &format!("{{ nodes(ids: [{}]) {{ nope }} }}", "\"a\",".repeat(9_000)), INVALID),
    ]
}

fn values() -> Vec<Attack> {
    let check = Attack::variables;
    vec![
        check("values: a long list", &format!("[{}0]", "0,".repeat(500_000)), BAD),
        check("values: a list as long as may be", &format!("[{}0]", "0,".repeat(19_900)), "FIELD_MISMATCH"),
        check(
            "values: an object of many fields",
            &format!("{{{}\"z\":0}}", many(60_000, |n| format!("\"{n}\":0,"))),
            BAD,
        ),
        check(
            "values: an object as wide as may be",
            &format!("{{{}\"z\":0}}", many(3_000, |n| format!("\"{n}\":0,"))),
            "FIELD_MISMATCH",
        ),
        check("values: deep", &nested("[", "", "]", 100_000), BAD),
        check("values: deep, within the number", &nested("[", "", "]", 9_000), BAD),
        check("values: deep objects", &nested("{\"a\":", "1", "}", 9_000), BAD),
        check("values: empty objects", &format!("[{}0]", "{},".repeat(300_000)), BAD),
        check("values: a number that is too large", "1e400", BAD),
        check("values: a long number", &"9".repeat(900_000), BAD),
        check("values: a long text", &format!("\"{}\"", "a".repeat(900_000)), INVALID),
        check("values: a text of the wrong kind", &format!("{{\"a\":\"{}\"}}", "a".repeat(16_000)), "FIELD_MISMATCH"),
        check("values: U+0000", "\"\\u0000\"", "FIELD_MISMATCH"),
    ]
}

fn bodies() -> Vec<Attack> {
    let request = json!({"query": bomb(30, 20, "viewer { clientId }")}).to_string();
    let batch = |count: usize, one: &str| format!("[{}]", vec![one; count].join(","));
    let dear = json!({"query": format!("{{ viewer {{ {} }} }}", "nope ".repeat(4_000))}).to_string();
    vec![
        Attack::raw("body: larger than may be", vec![b' '; 1024 * 1024 + 1], "PAYLOAD_TOO_LARGE"),
        Attack::raw("body: nothing but spaces", vec![b' '; 1024 * 1024], BAD),
        Attack::raw("body: not UTF-8", vec![0xff; 1024 * 1024], BAD),
        Attack::raw("body: brackets", vec![b'['; 1024 * 1024], BAD),
        Attack::raw("body: braces and quotes", br#"{""#.repeat(500_000), BAD),
        Attack::raw("batch: of too many", batch(11, &request), BAD),
        Attack::raw("batch: of thousands", batch(10_000, "{}"), BAD),
        Attack::raw("batch: of bombs", batch(10, &request), INVALID),
        Attack::raw("batch: of long documents", batch(10, &dear), INVALID),
        Attack {
            header: Some(("content-encoding", "gzip")),
            ..Attack::raw("compressed: a bomb", gzip_bomb(), "UNSUPPORTED_MEDIA_TYPE")
        },
        Attack {
            header: Some(("content-encoding", "br")),
            ..Attack::raw("compressed: otherwise", vec![0; 1000], "UNSUPPORTED_MEDIA_TYPE")
        },
    ]
}

/// A gigabyte of nothing would begin like this; nobody is to read on. (RFC 1952 §2.3; stored blocks of RFC 1951 §3.2.4
/// would do as well, since what is looked at is the header field alone.)
fn gzip_bomb() -> Vec<u8> {
    [[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3].as_slice(), &vec![0; 100_000]].concat()
}
