// A textarea that looks like an editor: a coloured copy of the text lies under it. The textarea stays what it is, so
// undo, selection, touch keyboards and screen readers work as they do everywhere.
import { announce, fill, h } from "../shared/dom.js";
import { matchingBrackets } from "./tokens.js";

const INDENT = "  ";
const PAIRS = { "{": "}", "(": ")", "[": "]" };

/**
 * @param {{label: string, value: string, tokenize: Function, onChange?: Function, onRun: Function, suggest?: Function}} options
 *   `suggest(text, caret)` gives `{from, items: [{text, detail}]}` or null.
 */
export function makeEditor({ label, value, tokenize, onChange = () => {}, onRun, suggest = () => null }) {
  const colours = h("pre.colours", { aria: { hidden: true } });
  const area = h("textarea", {
    value, spellcheck: false, autocomplete: "off", autocapitalize: "off", wrap: "off",
    aria: { label: `${label}. Escape, then Tab leaves the editor.` },
  });
  const popup = h("ul.suggestions", { hidden: true, aria: { hidden: true } });
  const editor = { area, popup, colours, tokenize, suggest, offered: null, chosen: 0, leaving: false };

  const draw = () => {
    paint(editor);
    colours.scrollTop = area.scrollTop;
    colours.scrollLeft = area.scrollLeft;
  };
  area.addEventListener("input", () => { draw(); if (editor.offered) offer(editor); onChange(area.value); });
  area.addEventListener("scroll", draw);
  area.addEventListener("keyup", draw);
  area.addEventListener("click", () => { close(editor); draw(); });
  area.addEventListener("blur", () => close(editor));
  area.addEventListener("keydown", (event) => key(editor, event, onRun));
  draw();

  return {
    element: h("div.editor", null, colours, area, popup),
    get value() { return area.value; },
    get caret() { return area.selectionStart; },
    set value(text) { area.value = text; draw(); onChange(text); },
    focus() { area.focus(); },
  };
}

function paint({ area, colours, tokenize }) {
  const tokens = tokenize(area.value);
  const focused = document.activeElement === area;
  const pair = focused ? matchingBrackets(tokens, area.selectionStart) : null;
  fill(colours, tokens.map((token) => {
    if (token.kind === "space") return token.text;
    const name = pair?.includes(token.start) ? `span.${token.kind}.pair` : `span.${token.kind}`;
    return h(name, null, token.text);
  }), "\n");
}

/** Typed text goes through the browser's own editing command, so that undo knows about it. */
function type(area, text) {
  if (!document.execCommand("insertText", false, text)) {
    area.setRangeText(text, area.selectionStart, area.selectionEnd, "end");
    area.dispatchEvent(new Event("input"));
  }
}

function key(editor, event, onRun) {
  const { area } = editor;
  const run = event.key === "Enter" && (event.metaKey || event.ctrlKey);
  if (run) {
    event.preventDefault();
    close(editor);
    onRun();
  } else if (editor.offered && inPopup(editor, event)) {
    event.preventDefault();
  } else if (event.key === " " && event.ctrlKey) {
    event.preventDefault();
    offer(editor, true);
    announce(editor.offered ? `${editor.offered.items.length} suggestions. Arrows choose, Enter takes, Escape closes.` : "No suggestion.");
  } else if (event.key === "Tab" && !editor.leaving && !event.shiftKey) {
    event.preventDefault();
    type(area, INDENT);
  } else if (event.key === "Enter") {
    event.preventDefault();
    breakLine(area);
  } else if (PAIRS[event.key] && area.selectionStart === area.selectionEnd && !/\w/.test(area.value[area.selectionStart] ?? "")) {
    event.preventDefault();
    type(area, event.key + PAIRS[event.key]);
    area.setSelectionRange(area.selectionStart - 1, area.selectionStart - 1);
  } else if (Object.values(PAIRS).includes(event.key) && area.value[area.selectionStart] === event.key) {
    event.preventDefault();
    area.setSelectionRange(area.selectionStart + 1, area.selectionStart + 1);
  }
  // Escape lets the next Tab leave, so that the keyboard is never caught in here (WCAG 2.1.2).
  editor.leaving = event.key === "Escape";
}

/** A new line keeps the indent; between brackets the closing one gets a line of its own. */
function breakLine(area) {
  const before = area.value.slice(0, area.selectionStart);
  const indent = /(?:^|\n)([ \t]*)[^\n]*$/.exec(before)[1];
  const opened = /[{([]\s*$/.test(before);
  const closes = opened && /^[})\]]/.test(area.value.slice(area.selectionEnd));
  type(area, `\n${indent}${opened ? INDENT : ""}${closes ? `\n${indent}` : ""}`);
  if (closes) {
    const back = area.selectionStart - indent.length - 1;
    area.setSelectionRange(back, back);
  }
}

/**
 * Suggests, from Ctrl + Space until something is chosen or closed. Not while somebody merely types: the list takes
 * Enter and Tab, and who does not see it must not lose them unasked.
 */
function offer(editor, asked = false) {
  const { area, popup } = editor;
  const caret = area.selectionStart;
  const offered = editor.suggest(area.value, caret);
  const typed = offered ? area.value.slice(offered.from, caret) : "";
  if (!offered || offered.items.length === 0 || (typed === "" && !asked)) {
    close(editor);
    return;
  }
  editor.offered = offered;
  editor.chosen = 0;
  drawPopup(editor);
  const before = area.value.slice(0, offered.from);
  const line = before.split("\n").length;
  const column = before.length - before.lastIndexOf("\n") - 1;
  const { paddingTop, paddingLeft, lineHeight, fontSize } = getComputedStyle(area);
  popup.style.font = `${fontSize} ${getComputedStyle(area).fontFamily}`;
  popup.style.top = `${parseFloat(paddingTop) + line * parseFloat(lineHeight) - area.scrollTop}px`;
  popup.style.left = `calc(${paddingLeft} + ${column}ch - ${area.scrollLeft}px)`;
  popup.hidden = false;
}

function drawPopup(editor) {
  const { popup, offered, chosen } = editor;
  fill(popup, offered.items.map((item, index) => h(index === chosen ? "li.chosen" : "li", {
    on: { pointerdown: (event) => { event.preventDefault(); accept(editor, index); } },
  }, h("span", null, item.text), h("span.detail", null, item.detail ?? ""))));
  popup.children[chosen]?.scrollIntoView({ block: "nearest" });
}

function inPopup(editor, event) {
  const count = editor.offered.items.length;
  if (event.key === "ArrowDown") editor.chosen = (editor.chosen + 1) % count;
  else if (event.key === "ArrowUp") editor.chosen = (editor.chosen + count - 1) % count;
  else if (event.key === "Enter" || event.key === "Tab") return accept(editor, editor.chosen);
  else if (event.key === "Escape") return close(editor);
  else return false;
  drawPopup(editor);
  announce(editor.offered.items[editor.chosen].text);
  return true;
}

function accept(editor, index) {
  const { area, offered } = editor;
  area.setSelectionRange(offered.from, area.selectionStart);
  type(area, offered.items[index].text);
  return close(editor);
}

function close(editor) {
  editor.offered = null;
  editor.popup.hidden = true;
  return true;
}
