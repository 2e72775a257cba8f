//! Two texts in, the differences out.

use super::*;

const TODAY: &str = "2026-11-21";

/// Types that every example stands on.
const BASE: &str = "type Query { a: Int } ";

fn check(old: &str, new: &str, expected: &[&str]) {
    let shown = compare(old, new, TODAY.parse().unwrap()).unwrap().to_string();
    let lines: Vec<&str> = shown.lines().collect();
    assert_eq!(lines[..lines.len() - 1], *expected);
}

/// As [`check`], with the base before both.
fn check_beside_base(old: &str, new: &str, expected: &[&str]) {
    check(&format!("{BASE}{old}"), &format!("{BASE}{new}"), expected);
}

#[test]
fn the_same_in_another_order_is_the_same() {
    let old = "type Query { a(x: I = {p: 1, q: [2]}): Int b: E } enum E { A B } input I { p: Int q: [Int] }";
    let new = "input I { q: [Int] p: Int } enum E { B A } type Query { b: E a(x: I = {q: [2], p: 1}): Int }";
    check(old, new, &[]);
}

#[test]
fn what_is_gone_breaks_and_what_is_new_does_not() {
    check(
        "type Query { a: Int b(x: Int, y: Int): Int } type Old { a: Int } directive @d(x: Int, y: Int) on FIELD",
        "type Query { a: Int b(y: Int): Int c: Int } scalar New directive @d(x: Int) on FIELD directive @e on FIELD",
        &[
            "breaking   @d(y:): the argument was removed",
            "breaking   Old: an object type was removed (nothing leads to it but what may go)",
            "breaking   Query.b(x:): the argument was removed",
            "safe       @e: the directive was added",
            "safe       New: a scalar was added",
            "safe       Query.c: the field was added",
        ],
    );
}

#[test]
fn an_answer_may_promise_more_and_a_question_may_ask_for_less() {
    check(
        "type Query { a(x: Int!, y: [Int!], z: Int): [Int] b: Int! c: Int d: [Int!]! }",
        "type Query { a(x: Int, y: [Int], z: Int!): [Int!]! b: Int c: [Int] d: [Int]! }",
        &[
            "breaking   Query.a(z:): its type was Int and is Int!",
            "breaking   Query.b: its type was Int! and is Int",
            "breaking   Query.c: its type was Int and is [Int]",
            "breaking   Query.d: its type was [Int!]! and is [Int]!",
            "safe       Query.a: its type was [Int] and is [Int!]!",
            "safe       Query.a(x:): its type was Int! and is Int",
            "safe       Query.a(y:): its type was [Int!] and is [Int]",
        ],
    );
}

#[test]
fn what_is_new_to_tolerant_clients_is_dangerous_to_others() {
    check_beside_base(
        "enum E { A } union U = V type V { a: Int } type W { a: Int } interface N { a: Int } input I { p: Int }",
        "enum E { A B } union U = V | W type V implements N { a: Int } type W { a: Int } interface N { a: Int } \
         input I { p: Int q: Int r: Int! = 1 s: Int! }",
        &[
            "breaking   I.s: a required input field was added",
            "dangerous  E.B: the value was added",
            "dangerous  I.q: an optional input field was added",
            "dangerous  I.r: an optional input field was added",
            "dangerous  U: the member W was added",
            "dangerous  V: the interface N was added",
        ],
    );
}

#[test]
fn a_default_is_part_of_what_a_request_means() {
    check(
        "type Query { a(v: Int = 1, w: Int = 1, x: Int, y: Int!, z: String! = \"s\"): Int b(i: I): Int } input I { p: E = A } enum E { A B }",
        "type Query { a(v: Int = 2, w: Int, x: Int = 1, y: Int! = 1, z: Int! = 1): Int b(i: I): Int } input I { p: E = B } enum E { A B }",
        &[
            "breaking   Query.a(z:): its type was String! and is Int!",
            "dangerous  I.p: its default was A and is B",
            "dangerous  Query.a(v:): its default was 1 and is 2",
            "dangerous  Query.a(w:): its default 1 was removed",
            "dangerous  Query.a(x:): it has the default 1 now",
            "safe       Query.a(y:): it has the default 1 now",
        ],
    );
}

#[test]
fn words_are_safe_and_what_directives_say_is_looked_at() {
    check_beside_base(
        "directive @cost(weight: Int! max: Int) on OBJECT | FIELD_DEFINITION \"one\" type T @cost(weight: 1, max: 2) \
         { a: Int b: Int @deprecated c: Int @deprecated(reason: \"x\") }",
        "directive @cost(weight: Int! max: Int) on FIELD_DEFINITION \"two\" type T @cost(max: 2, weight: 3) \
         { a: Int @deprecated(reason: \"use b\") b: Int c: Int @deprecated(reason: \"y\") }",
        &[
            "breaking   @cost: the place OBJECT was removed",
            "dangerous  T: it says @cost(max: 2, weight: 3) instead of @cost(max: 2, weight: 1)",
            "safe       T: it is described in other words",
            "safe       T.a: it is deprecated: use b",
            "safe       T.b: it is no longer deprecated",
            "safe       T.c: its deprecation says “y” instead of “x”",
        ],
    );
}

#[test]
fn a_type_of_another_sort_is_not_looked_into() {
    check_beside_base(
        "type T { a: Int b: Int } input I { a: Int }",
        "enum T { A } input I @oneOf { a: Int }",
        &[
            "breaking   I: exactly one of its fields may be given now",
            "breaking   T: it was an object type and is an enum",
        ],
    );
}

#[test]
fn roots_are_where_documents_begin() {
    check(
        "schema { query: Q mutation: M } type Q { a: Int } type M { a: Int } type R { a: Int }",
        "schema { query: R subscription: S } type Q { a: Int } type R { a: Int } type M { a: Int } type S { a: Int }",
        &[
            "breaking   mutation: it began at M and is gone",
            "breaking   query: it begins at R instead of Q",
            "safe       S: an object type was added",
            "safe       subscription: it is possible now, at S",
        ],
    );
}

#[test]
fn what_was_announced_may_go_from_its_day_on() {
    let field = |name: &str, day: &str| format!("{name}: Int @deprecated(reason: \"use a; removal not before {day}\")");
    let announced = format!(
        "type Query {{ a(x: Int @deprecated(reason: \"removal not before 2026-01-01.\")): E {} {} c: Int @deprecated }} \
         enum E {{ A B @deprecated(reason: \"removal not before 2026-11-21\") }}",
        field("b", "2026-11-21"),
        field("d", "2026-11-22"),
    );
    check(
        &announced,
        "type Query { a: E } enum E { A }",
        &[
            "breaking   E.B: the value was removed (announced: removal not before 2026-11-21)",
            "breaking   Query.a(x:): the argument was removed (announced: removal not before 2026-01-01)",
            "breaking   Query.b: the field was removed (announced: removal not before 2026-11-21)",
            "breaking   Query.c: the field was removed",
            "breaking   Query.d: the field was removed",
        ],
    );
}

#[test]
fn a_type_may_go_with_the_last_field_that_leads_to_it() {
    let run_out = "@deprecated(reason: \"removal not before 2026-01-01\")";
    let old = format!(
        "type Query {{ a: Int old(input: OldInput): Old {run_out} shared: Node kept: Kept }} input OldInput {{ a: Int }} \
         type Old {{ part: Part kept: Kept }} type Part {{ a: Int }} type Kept {{ a: Int }} \
         interface Node {{ id: ID }} type Leaf implements Node {{ id: ID }}"
    );
    check(
        &old,
        "type Query { a: Int shared: Node kept: Int } interface Node { id: ID }",
        &[
            "breaking   Kept: an object type was removed",
            "breaking   Leaf: an object type was removed",
            "breaking   Old: an object type was removed (nothing leads to it but what may go)",
            "breaking   OldInput: an input object was removed (nothing leads to it but what may go)",
            "breaking   Part: an object type was removed (nothing leads to it but what may go)",
            "breaking   Query.kept: its type was Kept and is Int",
            "breaking   Query.old: the field was removed (announced: removal not before 2026-01-01)",
        ],
    );
}

#[test]
fn the_announcement_does_not_excuse_another_type() {
    check(
        "type Query { a: Int b: Int @deprecated(reason: \"removal not before 2020-01-01\") }",
        "type Query { a: Int b: String }",
        &["breaking   Query.b: its type was Int and is String", "safe       Query.b: it is no longer deprecated"],
    );
}

#[test]
fn extensions_belong_to_what_they_extend() {
    check(
        "extend type Query { b: E } type Query { a: Int } enum E { A } extend enum E { B }",
        "type Query { a: Int b: E } enum E { A B }",
        &[],
    );
}

#[test]
fn the_verdict_counts_what_nobody_was_told_of() {
    let verdict = |old: &str| {
        let found = compare(old, BASE, TODAY.parse().unwrap()).unwrap();
        (found.refused, found.to_string().lines().last().unwrap().to_owned())
    };
    let last = "0 breaking (0 not announced), 0 dangerous, 0 safe".to_owned();
    assert_eq!(verdict(BASE), (false, last));
    let last = "1 breaking (1 not announced), 0 dangerous, 0 safe".to_owned();
    assert_eq!(verdict("type Query { a: Int b: Int }"), (true, last));
    let run_out = "type Query { a: Int b: Int @deprecated(reason: \"removal not before 2026-01-01\") }";
    let last = "1 breaking (0 not announced), 0 dangerous, 0 safe".to_owned();
    assert_eq!(verdict(run_out), (false, last));
}

#[test]
fn a_text_that_is_no_schema_is_refused_with_the_reason() {
    let refusal = |text: &str| compare(text, BASE, TODAY.parse().unwrap()).unwrap_err().to_string();
    assert_eq!(refusal("type Query { a: Strin }"), "the old schema: Query.a names a type that is not there: Strin");
    assert_eq!(refusal("type Query { a: Int a: Int }"), "the old schema: Query.a is defined twice");
    assert_eq!(refusal("type T { a: Int }"), "the old schema: it has no query root");
    assert!(refusal("type Query { a Int }").contains("expected"));
    assert_eq!(
        refusal("extend type T { a: Int }"),
        "the old schema: an extension of T names a type that is not there: T"
    );
}
