// The visitor as the booking names them: the same person the form named, or the meeting would hang on a second contact.

/** Without what is empty: to leave a field out is not the same as to clear it. */
export function given(fields) {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== "" && value !== null && value !== undefined));
}

/**
 * The facts that contacts are recognised by. The telephone number goes along only when it means the same to both: the
 * form reads a number in the visitor's country, the booking in the workspace's, and the form forgives a wrong one.
 * @param {{email: string, givenName?: string, familyName?: string, company?: string, phone?: string}} details
 * @param {string[]} warnings What the server could not use of the form.
 */
export function invitee({ email, givenName, familyName, company, phone }, warnings) {
  const isUnambiguous = phone?.startsWith("+") && warnings.length === 0;
  return given({ email, givenName, familyName, companyName: company, phone: isUnambiguous ? phone : null });
}
