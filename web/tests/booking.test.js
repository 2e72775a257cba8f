// What the booking page counts and cuts.
import assert from "node:assert/strict";
import { test } from "node:test";

import { attribution } from "../book/attribution.js";
import { HOLD_MINUTES, keptUntil, left } from "../book/hold.js";

test("a hold lasts as long as it was asked for, however wrong the visitor's clock", () => {
  for (const now of [Date.now(), Date.now() + 3_600_000, 0]) {
    const hold = { keptUntil: keptUntil(now) };
    assert.equal(left(hold, now), HOLD_MINUTES * 60000);
    assert.equal(left(hold, now + HOLD_MINUTES * 60000), 0);
  }
});

test("a campaign is told in what the form can take", () => {
  const check = (search, referrer, expected) => assert.deepEqual(attribution(search, referrer), expected);
  check("?utm_source=ads&utm_medium=&x=1", "", { utmSource: "ads" });
  check(`?utm_term=${"é".repeat(300)}`, `https://a.example/${"x".repeat(3000)}`,
    { utmTerm: "é".repeat(200), referrer: `https://a.example/${"x".repeat(3000)}`.slice(0, 2048) });
});
