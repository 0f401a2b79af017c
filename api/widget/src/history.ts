// The conversation, kept for this tab alone: no cookie, and nothing that outlives the tab.

import type { Exchange } from "./types.js";

const KEPT = 30; // exchanges; a tab may store a few megabytes

const key = (server: string, collection: string): string => `extrait:${server}:${collection ?? ""}`;

export function recall(server: string, collection: string): Exchange[] {
  try { // a browser may forbid storage, and a page may write what it likes
    const kept = JSON.parse(sessionStorage.getItem(key(server, collection)) ?? "[]") as Exchange[];
    return kept.filter(({ question, reply }) => typeof question === "string" && reply?.type);
  } catch {
    return [];
  }
}

export function keep(server: string, collection: string, exchanges: Exchange[]): void {
  try {
    const done = exchanges.filter(({ reply }) => reply).slice(-KEPT);
    const kept = done.map(({ question, reply, voted }) => ({ question, reply, voted }));
    sessionStorage.setItem(key(server, collection), JSON.stringify(kept));
  } catch {
    // Without storage the conversation lasts as long as the page.
  }
}
