// The scopes that the console's documents need, all together. Operators are told to allow them; a member who may do less
// sees less.

export const SCOPES = "availability:read meetings:read meetings:write contacts:read contacts.pii:read consent:read events:subscribe deliveries:read deliveries:manage integrations:read";
