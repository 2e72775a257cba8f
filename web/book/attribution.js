// Through which campaign a visitor came, as the address tells it.
import { given } from "./invitee.js";

/** Limits of the API; what is longer would make the whole form impossible to send. */
const TEXT_LENGTH_MAX = 200;
const URL_LENGTH_MAX = 2048;

/**
 * @param {string} search The query of the page's address.
 * @param {string} referrer
 */
export function attribution(search, referrer) {
  const query = new URLSearchParams(search);
  const utm = (name) => cut(query.get(`utm_${name}`), TEXT_LENGTH_MAX);
  return given({
    utmSource: utm("source"), utmMedium: utm("medium"), utmCampaign: utm("campaign"), utmTerm: utm("term"),
    utmContent: utm("content"), referrer: cut(referrer, URL_LENGTH_MAX),
  });
}

/** Whole characters only, and as many as the server counts. */
function cut(text, max) {
  return text && [...text].slice(0, max).join("");
}
