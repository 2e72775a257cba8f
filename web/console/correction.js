// What somebody wrote into a form to correct a body, and what the server says about it. No page in here: it is tested.

/** A body as it is shown to be corrected: JSON laid out, and what is no JSON as it came. */
export function laidOut(body) {
  if (body === null || body === undefined) return "";
  if (typeof body !== "string") return JSON.stringify(body, null, 2);
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}

/** What was written, as `{ body }`, or `{ problem }` in words. */
export function readBody(text) {
  try {
    return { body: JSON.parse(text) };
  } catch (error) {
    return { problem: `This is not JSON: ${error.message}` };
  }
}

/** A payload's errors as `{ where, message }`: `input.body/contact/email` is `/contact/email` to whoever corrects. */
export function problemsOf(errors) {
  return errors.map(({ field, message }) => {
    const path = field?.startsWith("input.body") ? field.slice("input.body".length) : "";
    return { where: path === "" ? null : path, message };
  });
}
