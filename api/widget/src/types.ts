// What the server replies, as docs/http.md has it. Offsets are code points into the document's text.

export interface Range {
  document_id: string;
  start: number;
  end: number;
}

export interface Place extends Range {
  title: string;
  similarity: number;
}

export interface Citation extends Range {
  revision: string;
  title: string;
  page: number;
  quote: string;
  language: string;
  also_in: Place[];
  link: string;
}

/** A short answer, which lies inside the quote of the first citation. */
export interface Candidate {
  text: string;
  start: number;
  end: number;
  confidence: number;
  citations: Citation[];
}

export interface Answer extends Candidate {
  type: "answer";
  question: string;
  alternatives: Candidate[];
}

export interface NoAnswer {
  type: "no_answer";
  question: string;
  reason: "nothing_found" | "low_confidence";
  closest: Citation[];
}

export type Reply = Answer | NoAnswer;

/** A question, and what came of it: neither `reply` nor `failure` while it is on its way. */
export interface Exchange {
  question: string;
  reply?: Reply;
  failure?: Failure;
  voted?: boolean;
  voteFailure?: Failure;
}

/** Why a call came to nothing: the key of a sentence, and what stands in it. */
export class Failure extends Error {
  constructor(readonly key: FailureKey, readonly values: Record<string, number> = {}) {
    super(key);
  }
}

export type FailureKey =
  | "unreachable" | "wrongServer" | "tooLong" | "refused" | "expired" | "forbidden" | "unknownCollection" | "quota"
  | "unavailable" | "broken";
