// The conversation: a question goes out, a reply comes in. Each exchange stands alone, so several may be on their way.

import { el, failureNote, post, say } from "./page.js";
import { replyParts } from "./reply.js";

/** Makes `form` ask, into `log`. Gives the function that asks. */
export function converse(log, form) {
  const input = form.elements.question;

  function ask(question) {
    const reply = el("div", { class: "reply" });
    const exchange = el("article", { class: "exchange" }, el("h3", { dir: "auto" }, question), reply);
    log.append(exchange);
    answer(question, reply);
    exchange.scrollIntoView({ block: "start" });
  }

  async function answer(question, reply) {
    reply.replaceChildren(say("searching", {}, "p", { class: "pending" }));
    try {
      const parts = replyParts(await post("/v1/answers", { question }));
      reply.replaceChildren(...parts.filter(Boolean));
    } catch (error) {
      reply.replaceChildren(failureNote(error, () => { answer(question, reply); input.focus(); }));
    }
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const question = input.value.trim();
    if (!question) return;
    input.value = "";
    ask(question);
  });
  return ask;
}
