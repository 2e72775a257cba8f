// Countries from the browser's own knowledge, so that they are in the visitor's language and need no table.

/**
 * Codes that CLDR names but ISO 3166-1 does not: unions, pseudo regions, parts that have another code, codes that
 * users assigned. The server knows ISO's alone.
 */
const NOT_COUNTRIES = new Set(["EU", "EZ", "UN", "XA", "XB", "QO", "ZZ", "AC", "CP", "CQ", "DG", "EA", "IC", "TA", "XK"]);
const LETTERS = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ"];

/** Every country as `{code, name}`, sorted by name; codes are ISO 3166-1 alpha-2. */
export function countries() {
  const names = new Intl.DisplayNames(navigator.language, { type: "region", fallback: "none" });
  const codes = LETTERS.flatMap((first) => LETTERS.map((second) => first + second));
  return codes
    .filter((code) => !NOT_COUNTRIES.has(code) && isCurrent(code))
    .map((code) => ({ code, name: names.of(code) }))
    .filter(({ name }) => name)
    .sort((a, b) => a.name.localeCompare(b.name));
}

/** Withdrawn codes (DD, SU, …) have a successor and would name a country twice. */
function isCurrent(code) {
  return Intl.getCanonicalLocales(`und-${code}`)[0].endsWith(code);
}

/** The country the visitor's language settings name, if they name one. */
export function likelyCountry() {
  return new Intl.Locale(navigator.language).region ?? "";
}
