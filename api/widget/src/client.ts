// Calls to the server. Whatever goes wrong becomes a Failure, which has a sentence in each language.

import { Failure, type FailureKey, type Reply } from "./types.js";

export const MAX_QUESTION = 2000; // code points, as the server counts them
const PATIENCE = 90_000; // ms; a server that has just started loads its models first

const KEYS: Record<number, FailureKey> = {
  400: "refused", 401: "expired", 403: "forbidden", 413: "tooLong", 405: "wrongServer", 421: "wrongServer", 429: "quota", 501: "wrongServer",
  502: "unavailable", 503: "unavailable", 504: "unavailable",
};

export interface Target {
  server: string;
  token: string;
}

/** The server's address without a slash at its end. Throws Failure when it is none that a page can call. */
export function base(server: string): string {
  const url = URL.canParse(server, location.href) ? new URL(server, location.href) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) throw new Failure("wrongServer");
  return (url.origin + url.pathname).replace(/\/+$/, "");
}

export async function ask(target: Target, question: string, collection: string): Promise<Reply> {
  if (Array.from(question).length > MAX_QUESTION) throw new Failure("tooLong", { count: MAX_QUESTION });
  const reply = await post(target, "/v1/answers", collection ? { question, collection } : { question }) as Reply | null;
  if (reply?.type !== "answer" && reply?.type !== "no_answer") throw new Failure("wrongServer");
  return reply;
}

export const vote = (target: Target, question: string, reply: Reply, helpful: boolean): Promise<unknown> =>
  post(target, "/v1/feedback", { question, reply, helpful });

async function post({ server, token }: Target, path: string, body: object): Promise<unknown> {
  const headers: Record<string, string> = { "Content-Type": "application/json" };
  if (token) headers["Authorization"] = `Bearer ${token}`;
  const address = base(server) + path;
  let response: Response;
  try {
    response = await fetch(address, {
      method: "POST", headers, body: JSON.stringify(body), credentials: "same-origin", signal: AbortSignal.timeout(PATIENCE),
    });
  } catch {
    throw new Failure("unreachable");
  }
  // A problem of ours is JSON; another page at this address is no service at all.
  const content = await response.json().catch(() => null) as { detail?: string } | null;
  if (response.ok) return content;
  // Without a token there was nothing that could expire: only the owner can help.
  if (response.status === 401 && !token) throw new Failure("forbidden");
  if (response.status === 404) throw new Failure(content?.detail && "collection" in body ? "unknownCollection" : "wrongServer");
  const wait = Math.ceil(Number(response.headers.get("Retry-After") ?? 60) / 60) || 1;
  throw new Failure(KEYS[response.status] ?? "broken", { status: response.status, count: MAX_QUESTION, minutes: wait });
}
