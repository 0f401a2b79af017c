// The viewer: a document's text, with the range that the address names highlighted. `#text` holds the text whole and
// unchanged: everything added to it is drawn by the style sheet. Offsets count code points, JavaScript's strings do not.

import { begin, call, direction, el, failureNote, localise, say, textNodes } from "./page.js";

const BLOCK = 4000; // UTF-16 units after which a new block begins at the next line, so that the browser lays out short runs
const part = (id) => document.getElementById(id);
const path = `/v1/documents/${encodeURIComponent(decodeURIComponent(location.pathname.slice("/documents/".length)))}`;
const cited = new URLSearchParams(location.search).get("revision");

begin(part("languages"));
open();

async function open() {
  part("notice").replaceChildren(say("loading", {}, "p"));
  try {
    const facts = await call(path);
    const [text, revision] = await read(facts.revision);
    describe(facts, text);
    const show = () => showRange(facts, text, revision);
    window.addEventListener("hashchange", show);
    show();
  } catch (error) {
    part("title").textContent = document.title;
    part("notice").replaceChildren(
      error.status === 404 ? say("gone", {}, "p") : failureNote(error, open), say("back", {}, "a", { href: "/" }));
  }
}

/** The text at the revision that the address names; the current one when that is no longer kept. */
async function read(current) {
  for (const revision of new Set([cited ?? current, current])) {
    try {
      return [await call(`${path}/text?revision=${encodeURIComponent(revision)}`, {}, "text"), revision];
    } catch (error) {
      if (error.status !== 404 || revision === current) throw error;
    }
  }
}

function describe({ title, id, language, pages, length, uri }, text) {
  document.title = `${title || id} – Extrait`;
  part("title").replaceChildren(...textNodes(title || id));
  part("text").lang = language;
  part("text").dir = direction(text, language);
  part("facts").replaceChildren(...[
    language && el("small", { class: "tag" }, language), say("length", { count: length }, "small"),
    pages.length > 0 && say("pages", { count: pages.length }, "small"),
    /^https?:/.test(uri) && el("a", { id: "original", href: uri, rel: "noreferrer" }, say("original")),
  ].filter(Boolean));
}

/** Draws the text with the range of the address, and says what is to be said about it. */
function showRange(facts, text, revision) {
  const isCurrent = revision === facts.revision;
  const named = /^#(\d+)-(\d+)$/.exec(location.hash);
  const [start, end] = named ? [Number(named[1]), Number(named[2])] : [0, 0];
  const forgotten = cited && cited !== revision;
  const [, total] = unitsAt(text, [Infinity]);
  const inside = start < end && end <= total && !forgotten;
  const { pages, headings } = isCurrent ? facts : { pages: [], headings: [] }; // they are ranges of the current text
  draw(text, headings, pages, inside ? [start, end] : [0, 0]);

  part("original")?.setAttribute("href", inside && isCurrent ? originalLink(facts, text, start, end) : facts.uri);

  const sentences = [];
  if (forgotten) sentences.push(say("forgotten", {}, "p"));
  else if (!isCurrent) sentences.push(say("older", {}, "p"), say("current", {}, "a", { href: location.pathname }));
  if (inside) sentences.push(say("cited", { start, end }, "p"), say("goToCited", {}, "a", { href: location.hash, onclick: toMark }));
  else if (named && !forgotten) sentences.push(say("outside", { start, end, length: total }, "p"));
  part("notice").replaceChildren(...sentences);
  toMark();
}

/** The original at the range, where a browser can find it there: by its words in HTML, by its page in PDF. */
function originalLink({ uri, media_type: type, pages }, text, start, end) {
  const page = pages.findLast((one) => one.start <= start);
  if (type === "application/pdf" && page) return `${uri.split("#")[0]}#page=${page.number}`;
  if (type !== "text/html") return uri;
  const [units] = unitsAt(text, [start, end]);
  const words = text.slice(units.get(start), units.get(end)).trim().split(/\s+/);
  const parts = words.length <= 12 ? [words] : [words.slice(0, 5), words.slice(-5)]; // a long quote by its two ends
  const encode = (some) => encodeURIComponent(some.join(" ")).replaceAll("-", "%2D");
  return `${uri.split("#")[0]}#:~:text=${parts.map(encode).join(",")}`;
}

function toMark(event) {
  event?.preventDefault();
  const mark = part("text").querySelector("mark");
  const long = mark?.getBoundingClientRect().height > window.innerHeight / 2; // then from its first line
  mark?.scrollIntoView({ block: long ? "start" : "center" });
  mark?.focus({ preventScroll: true });
}

/** Where each code point offset stands in UTF-16 units, and how many code points there are: one walk through the text. */
function unitsAt(text, offsets) {
  const units = new Map();
  const sorted = [...new Set(offsets)].sort((one, other) => one - other);
  let points = 0;
  let unit = 0;
  for (const offset of sorted) {
    for (; points < offset && unit < text.length; points += 1) unit += text.codePointAt(unit) > 0xffff ? 2 : 1;
    units.set(offset, unit);
  }
  return [units, points];
}

/** Builds the text anew: blocks that end at a line, in them headings, page breaks and the marked range. */
function draw(text, headings, pages, [start, end]) {
  const [units] = unitsAt(text, [start, end, ...headings.flatMap((one) => [one.start, one.end]), ...pages.map((one) => one.start)]);
  const headingAt = new Map(headings.map((one) => [units.get(one.start), { level: one.level, end: units.get(one.end) }]));
  const pageAt = new Map(pages.map((one) => [units.get(one.start), one.number]));
  const [markStart, markEnd] = [units.get(start), units.get(end)];
  const cuts = [...new Set([...units.values(), 0, text.length, ...lineStarts(text)])].sort((one, other) => one - other);
  const container = document.createDocumentFragment();
  let [block, heading, blockStart] = [null, null, 0];
  for (const [index, cut] of cuts.slice(0, -1).entries()) {
    const next = cuts[index + 1];
    if (heading && cut >= heading.end) heading = null;
    if (!block || (cut - blockStart >= BLOCK && text[cut - 1] === "\n" && !heading)) {
      container.append(block = el("div"));
      blockStart = cut;
    }
    if (pageAt.has(cut)) block.append(pageBreak(pageAt.get(cut)));
    if (headingAt.has(cut)) {
      heading = { ...headingAt.get(cut), node: el(`h${Math.min(headingAt.get(cut).level + 1, 6)}`) };
      block.append(heading.node);
    }
    const nodes = textNodes(text.slice(cut, next));
    const marked = cut >= markStart && next <= markEnd;
    (heading?.node ?? block).append(...marked ? [el("mark", { tabindex: -1 }, nodes)] : nodes);
  }
  part("text").replaceChildren(container);
  localise(part("text")); // for the page breaks
}

function* lineStarts(text) {
  for (let at = text.indexOf("\n", BLOCK); at >= 0; at = text.indexOf("\n", at + BLOCK)) yield at + 1;
}

const pageBreak = (page) => el("span", {
  class: "page", role: "separator", "data-label": "page", "data-values": JSON.stringify({ page }) });
