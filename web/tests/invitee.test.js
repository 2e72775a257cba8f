// The booking names the person that the form named.
import assert from "node:assert/strict";
import { test } from "node:test";

import { invitee } from "../book/invitee.js";

test("every fact that contacts are recognised by goes along, and nothing empty", () => {
  const details = { givenName: "Grace", familyName: "", email: "grace@navy.example", company: "Navy", phone: "+49 30 1234567", message: "Hi" };
  assert.deepEqual(invitee(details, []), { email: "grace@navy.example", givenName: "Grace", companyName: "Navy", phone: "+49 30 1234567" });
});

test("a number that the booking could read otherwise stays out", () => {
  assert.deepEqual(invitee({ email: "a@b.example", phone: "030 1234567" }, []), { email: "a@b.example" });
  assert.deepEqual(invitee({ email: "a@b.example", phone: "+1 2" }, ["the telephone number was left out"]), { email: "a@b.example" });
});
