// Words of documents, as text and never as HTML. Offsets count code points; JavaScript's strings count UTF-16 units.

import { html, nothing, type TemplateResult } from "lit";
import type { Say } from "./words.js";
import type { Citation, Range } from "./types.js";

const RIGHT_TO_LEFT = /[\p{Script=Arabic}\p{Script=Hebrew}]/u;
const OVERRIDES = /([\u202d\u202e]+)/;

/** The direction of a text: a sentence of an Arabic document that begins with a Latin name still runs from the right. */
export const direction = (text: string, language: string): "rtl" | "auto" =>
  ["ar", "fa", "he", "ur"].includes(language) && RIGHT_TO_LEFT.test(text) ? "rtl" : "auto";

/** Characters that would turn what follows around are boxed in and made visible; none is left out. */
export const shown = (text: string): unknown => text.split(OVERRIDES).map((part, index) =>
  index % 2 ? html`<bdi class="override" title="U+202D/U+202E">${part}</bdi>` : part);

/** A name of a document, kept from changing the direction of what stands beside it. */
export const foreign = (text: string): TemplateResult => html`<bdi>${shown(text)}</bdi>`;

/** The quoted sentence; `answer` is the range, in the document, that stands out in it. */
export function quote(citation: Citation, answer?: { start: number; end: number }): TemplateResult {
  const points = Array.from(citation.quote);
  const cut = (from: number, to?: number): unknown => shown(points.slice(from, to).join(""));
  const [start, end] = answer ? [answer.start - citation.start, answer.end - citation.start] : [0, 0];
  const strong = answer ? html`<strong part="answer">${cut(start, end)}</strong>` : nothing;
  return html`<blockquote part="quote" lang=${citation.language || nothing} dir=${direction(citation.quote, citation.language)}
    >${cut(0, start)}${strong}${cut(end)}</blockquote>`;
}

/** Where the viewer shows a range of a document, at a revision and in a language if they are given. */
export const viewerLink = (server: string, query: Record<string, string>, { document_id: id, start, end }: Range): string =>
  `${server}/documents/${encodeURIComponent(id)}?${new URLSearchParams(query)}#${start}-${end}`;

/** A citation to paste elsewhere: the quote, where it stands, and the address that shows it. */
export function citationText(say: Say, server: string, citation: Citation): string {
  const { document_id: id, revision, title, page, quote: words } = citation;
  const place = [title || id, page > 0 && say("page", { page })].filter(Boolean).join(", ");
  return `${say("quoted", { words })}\n— ${place}\n${viewerLink(server, { revision }, citation)}`;
}
