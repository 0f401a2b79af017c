// A reply as a part of the page. Quotes keep their own language and direction; offsets count code points.

import { button, direction, el, failureNote, foreign, post, say, sentence, textNodes, viewerLink } from "./page.js";

const LEVELS = [[0.9, "high"], [0.7, "fair"], [0.5, "medium"], [0, "low"]];

/** A reply, whichever of the two it is. */
export function replyParts(reply) {
  const parts = reply.type === "answer" ? answerParts(reply) : noAnswerParts(reply);
  return [...parts, actions(reply)];
}

function answerParts(reply) {
  const others = reply.alternatives.map((other) => el("li", {}, cited(other), confidence(other)));
  return [
    cited(reply), confidence(reply),
    others.length > 0 && el("details", {}, say("alternatives", { count: others.length }, "summary"), el("ul", {}, others)),
  ];
}

function noAnswerParts(reply) {
  const closest = reply.closest.map((citation) => el("li", {}, quote(citation), source(citation)));
  return [
    say("noAnswer", {}, "p", { class: "no-answer" }),
    say(closest.length ? "closest" : "nothing", {}, "p"),
    closest.length > 0 && el("ul", { class: "citations" }, closest),
  ];
}

/** The citations of an answer, numbered; the answer stands out in the first. */
const cited = (answer) => el("ol", { class: "citations" }, answer.citations.map((citation, index) =>
  el("li", {}, quote(citation, index === 0 && answer), source(citation, answer.citations.length > 1 && index + 1))));

/** The quoted sentence, with the short answer in bold. */
function quote(citation, answer) {
  const points = Array.from(citation.quote);
  const cut = (from, to) => textNodes(points.slice(from, to).join(""));
  const [start, end] = answer ? [answer.start - citation.start, answer.end - citation.start] : [0, 0];
  return el("blockquote", { dir: direction(citation.quote, citation.language), lang: citation.language },
    cut(0, start), answer && el("strong", {}, cut(start, end)), cut(end));
}

/** Where a quote stands, and every other place that says the same. */
function source(citation, number) {
  const { document_id: id, title, page, start, end, revision, link, also_in: places } = citation;
  const external = /^https?:/.test(link) && el("a", { href: link, rel: "noreferrer" }, say("original"));
  const place = (one) => el("li", {},
    el("a", { href: viewerLink(one.document_id, one.start, one.end) }, one.document_id === id ? say("sameDocument") : foreign(one.title)),
    say("range", { start: one.start, end: one.end }, "small"), one.similarity < 1 && say("nearly", {}, "small"));
  return el("div", { class: "source" },
    number && el("span", { class: "number" }, `[${number}]`),
    el("a", { href: viewerLink(id, start, end, revision) }, foreign(title || id)),
    page > 0 && say("page", { page }, "small"), external,
    places.length > 0 && el("div", { class: "also" }, say("alsoIn"), el("ul", {}, places.map(place))));
}

function confidence({ confidence: value }) {
  const level = LEVELS.find(([least]) => value >= least)[1];
  return say(level, { percent: Math.min(value, 0.99) }, "p", { class: `confidence ${level}` });
}

function actions(reply) {
  const row = el("div", { class: "actions" });
  const vote = async (helpful) => {
    try {
      await post("/v1/feedback", { question: reply.question, reply, helpful });
      const thanks = say("thanks", {}, "span", { tabindex: -1 });
      votes.replaceWith(thanks);
      thanks.focus();
    } catch (error) {
      row.append(failureNote(error));
    }
  };
  const votes = el("span", { class: "votes" }, button("helpful", () => vote(true)), button("notHelpful", () => vote(false)));
  row.append(...reply.type === "answer" ? [button("copy", (event) => copy(event.currentTarget, reply.citations[0]))] : [], votes);
  return row;
}

async function copy(control, citation) {
  const { title, page, start, end, document_id: id, revision, quote: words } = citation;
  const place = [title || id, page > 0 && sentence("page", { page })].filter(Boolean).join(", ");
  const text = `${sentence("quoted", { words })}\n— ${place}\n${new URL(viewerLink(id, start, end, revision), location)}`;
  const done = await toClipboard(text);
  control.replaceChildren(say(done ? "copied" : "notCopied"));
  setTimeout(() => control.replaceChildren(say("copy")), 2000);
}

/** The clipboard is closed to pages that came over plain HTTP; there the older way still works. */
async function toClipboard(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = el("textarea", { class: "unseen", readonly: true }, text);
    const focused = document.activeElement;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    focused?.focus();
    return done;
  }
}
