// Building the page without strings of HTML: text is always text, so nothing a server or a visitor wrote can
// become markup. There is no innerHTML in web/, and a strict Content-Security-Policy costs nothing.

/**
 * Makes an element.
 * @param {string} tag Element name, optionally with classes: `"p.muted.small"`.
 * @param {object|null} [properties] `on` holds listeners, `data` and `aria` hold attributes of that family;
 *   names that are DOM properties are set as such, everything else becomes an attribute; null and undefined are
 *   left out, and so is an attribute that is false.
 * @param {...(Node|string|number|null|undefined|false|Array)} children
 * @returns {HTMLElement}
 */
export function h(tag, properties, ...children) {
  const [name, ...classes] = tag.split(".");
  const element = document.createElement(name);
  if (classes.length > 0) element.className = classes.join(" ");
  for (const [key, value] of Object.entries(properties ?? {})) setProperty(element, key, value);
  element.append(...flat(children));
  return element;
}

function setProperty(element, key, value) {
  if (value === null || value === undefined) return;
  if (key === "on") {
    for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
  } else if (key === "data") {
    Object.assign(element.dataset, value);
  } else if (key === "aria") {
    for (const [name, text] of Object.entries(value)) {
      if (text !== null && text !== undefined) element.setAttribute(`aria-${name}`, String(text));
    }
  } else if (key in element && key !== "list" && key !== "form") {
    element[key] = value;
  } else if (value !== false) {
    element.setAttribute(key, value === true ? "" : String(value));
  }
}

function flat(children) {
  return children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false)
    .map((child) => (child instanceof Node ? child : String(child)));
}

/** Replaces everything inside `parent`. */
export function fill(parent, ...children) {
  parent.replaceChildren(...flat(children));
  return parent;
}

/** Reads a message to people who use a screen reader, without moving their focus. */
export function announce(message) {
  let region = document.getElementById("announcer");
  if (!region) {
    region = h("div.visually-hidden", { id: "announcer", role: "status", aria: { live: "polite" } });
    document.body.append(region);
  }
  // The same text twice is not read twice; an emptied region in between makes it a change.
  region.textContent = "";
  setTimeout(() => { region.textContent = message; }, 50);
}

/** Moves the focus to a heading or a message, so that the keyboard goes on from what has just appeared. */
export function focusOn(element) {
  if (!element) return;
  if (!element.matches("a[href], button, input, select, textarea")) element.tabIndex = -1;
  element.focus({ preventScroll: true });
  element.scrollIntoView({ block: "nearest" });
}

/** Runs `tick` every second for as long as `element` is in the page. `tick` may return false to stop. */
export function everySecond(element, tick) {
  if (tick() === false) return;
  const timer = setInterval(() => {
    if (!element.isConnected || tick() === false) clearInterval(timer);
  }, 1000);
}

/** A new random id. `crypto.randomUUID` only exists on secure origins; a phone on the local network has none. */
export function newId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
