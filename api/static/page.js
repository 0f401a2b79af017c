// What every page shares: making elements, the interface language, calls to the server, and failures shown as sentences.

import { LANGUAGES, NAMES, translate } from "./strings.js";

/** An element; attributes that begin with "on" are listeners, and strings among the children become text. */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value || value === 0) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child || child === 0));
  return node;
}

/** An element that says a sentence of the interface, and says it anew when the language changes. */
export function say(key, values = {}, tag = "span", attributes = {}) {
  const node = el(tag, { ...attributes, "data-say": key, "data-values": JSON.stringify(values) });
  localise(node);
  return node;
}

export const button = (key, onclick, attributes = {}) => say(key, {}, "button", { type: "button", onclick, ...attributes });

/** Words of a document, kept from changing the direction of what stands beside them. */
export const foreign = (text) => el("bdi", {}, textNodes(text));

let language = LANGUAGES[0];
const wanted = [new URLSearchParams(location.search).get("lang"), remembered(), navigator.language.slice(0, 2)];

function remembered(choice) {
  try { // a browser may forbid storage
    return choice ? localStorage.setItem("extrait-language", choice) : localStorage.getItem("extrait-language");
  } catch { return null; }
}

/** Brings the page, or a part of it, into the interface language. */
export function localise(root) {
  for (const node of [root, ...root.querySelectorAll("[data-say], [data-label]")]) {
    const { say: key, label, values = "{}" } = node.dataset;
    if (key) node.textContent = translate(language, key, JSON.parse(values));
    if (label) node.setAttribute("aria-label", translate(language, label, JSON.parse(values)));
  }
}

function speak(choice) {
  language = choice;
  document.documentElement.lang = choice;
  document.documentElement.dir = choice === "ar" ? "rtl" : "ltr";
  for (const node of document.querySelectorAll("[data-language]"))
    node.setAttribute("aria-pressed", String(node.dataset.language === choice));
  localise(document.body);
}

/** The visitor's choice holds for the pages to come, and over the language that the address names. */
function choose(code) {
  remembered(code);
  const address = new URL(location.href);
  address.searchParams.delete("lang");
  history.replaceState(null, "", address);
  speak(code);
}

/** Begins the page: the language switch goes into `place`. */
export function begin(place) {
  place.append(...LANGUAGES.map((code) => el("button", {
    type: "button", lang: code, "data-language": code, onclick: () => choose(code),
  }, NAMES[code])));
  speak(wanted.find((code) => LANGUAGES.includes(code)) ?? LANGUAGES[0]);
}

/** What went wrong, for a person to read: `detail` as the server put it, or a sentence of ours by its key. */
export class Failure extends Error {
  constructor({ status = 0, detail = "", key = "" }) {
    super(detail || key);
    Object.assign(this, { status, detail, key });
  }
}

const SENTENCES = { 413: "tooLarge", 502: "unavailable", 503: "unavailable", 504: "unavailable" };

/** What the server replies, as JSON unless `as` says "text". Throws Failure. */
export async function call(path, options = {}, as = "json") {
  const lost = () => { throw new Failure({ key: "unreachable" }); };
  const response = await fetch(path, options).catch(lost);
  if (response.ok) return response[as]().catch(lost);
  const problem = await response.json().catch(() => ({}));
  const key = SENTENCES[response.status];
  throw new Failure({ status: response.status, detail: key ? "" : problem.detail, key: key ?? "unexpected" });
}

/** A failure as a part of the page, with a way to try again. Errors that are no Failure are defects: they stay loud. */
export function failureNote(error, retry) {
  if (!(error instanceof Failure)) throw error;
  const reason = error.detail ? el("p", { lang: "en", dir: "auto" }, error.detail) : say(error.key, { status: error.status }, "p");
  return el("div", { class: "failure" }, say("failed", {}, "p"), reason, retry && button("retry", retry));
}

const RIGHT_TO_LEFT = /[\p{Script=Arabic}\p{Script=Hebrew}]/u;

/** The direction of a text: a sentence of an Arabic document that begins with a Latin name still runs from the right. */
export const direction = (text, code) => ["ar", "fa", "he", "ur"].includes(code) && RIGHT_TO_LEFT.test(text) ? "rtl" : "auto";

const OVERRIDES = /([\u202d\u202e]+)/;

/** Text as nodes. Characters that would turn what follows around are boxed in and made visible; none is left out. */
export const textNodes = (text) => text.split(OVERRIDES).map((part, index) =>
  index % 2 ? el("bdi", { class: "override", title: "U+202D/U+202E" }, part) : part);
