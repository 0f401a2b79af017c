// A reply as a part of the conversation. Quotes keep their own language and direction.

import { html, nothing, type TemplateResult } from "lit";
import { foreign, quote, viewerLink } from "./text.js";
import type { Candidate, Citation, Place, Reply } from "./types.js";
import type { Key, Say } from "./words.js";

const LEVELS: [number, Key][] = [[0.9, "high"], [0.7, "fair"], [0.5, "medium"], [0, "low"]];

/** What the parts of a reply need to know; links lead away from a foreign page in a tab of their own. */
export interface Setting {
  say: Say;
  language: string;
  server: string;
  away: boolean;
}

export function replyView(setting: Setting, reply: Reply): TemplateResult {
  const { say } = setting;
  if (reply.type === "answer") {
    const others = reply.alternatives.map((other) => html`<li>${cited(setting, other)}${confidence(say, other)}</li>`);
    return html`${cited(setting, reply)}${confidence(say, reply)}${others.length
      ? html`<details><summary>${say("alternatives", { count: others.length })}</summary><ul>${others}</ul></details>` : nothing}`;
  }
  const closest = reply.closest.map((citation) => html`<li>${quote(citation)}${source(setting, citation)}</li>`);
  return html`<p class="no-answer">${say("noAnswer")}</p><p>${say(closest.length ? "closest" : "nothing")}</p>${
    closest.length ? html`<ul class="citations">${closest}</ul>` : nothing}`;
}

/** The citations of an answer, numbered; the answer stands out in the first. */
function cited(setting: Setting, answer: Candidate): TemplateResult {
  return html`<ol class="citations">${answer.citations.map((citation, index) => html`<li>${
    quote(citation, index ? undefined : answer)}${source(setting, citation, index + 1)}</li>`)}</ol>`;
}

/** Where a quote stands, and every other place that says the same. */
function source(setting: Setting, citation: Citation, number = 0): TemplateResult {
  const { say, language, server } = setting;
  const { document_id: id, title, page, revision, link: original, also_in: places } = citation;
  const place = (one: Place): TemplateResult => html`<li>${
    link(setting, viewerLink(server, { lang: language }, one),
      one.document_id === id ? say("sameDocument") : foreign(one.title || one.document_id))
  } <small>${say("range", { start: one.start, end: one.end })}</small>${
    one.similarity < 1 ? html` <small>${say("nearly")}</small>` : nothing}</li>`;
  return html`<div class="source" part="source"><span class="title">${number ? html`<span class="number">[${number}]</span> ` : nothing}${
    link(setting, viewerLink(server, { revision, lang: language }, citation), foreign(title || id))}</span>${
    page > 0 ? html`<small>${say("page", { page })}</small>` : nothing}${
    /^https?:/.test(original) ? link(setting, original, say("original")) : nothing}${
    places.length ? html`<div class="also">${say("alsoIn")}<ul>${places.map(place)}</ul></div>` : nothing}</div>`;
}

const link = ({ away, say }: Setting, address: string, words: unknown): TemplateResult => away
  ? html`<a href=${address} target="_blank" rel="noopener noreferrer">${words}<span class="unseen"> ${say("newTab")}</span></a>`
  : html`<a href=${address} rel="noreferrer">${words}</a>`;

function confidence(say: Say, { confidence: value }: Candidate): TemplateResult {
  const level = LEVELS.find(([least]) => value >= least)?.[1] ?? "low";
  return html`<p class="confidence ${level}">${say(level, { percent: Math.min(value, 0.99) })}</p>`;
}
