// The demo page: puts its parts together. The conversation is the widget, as any page embeds it.

import { listDocuments, takeFiles } from "./documents.js";
import { begin } from "./page.js";
import { SUGGESTIONS } from "./strings.js";

const part = (id) => document.getElementById(id);

begin(part("languages"));
beginAsking(part("chat"));
const reload = listDocuments(part("documents"), part("status"), part("confirm"), (ids) => {
  const known = SUGGESTIONS.filter((one) => ids.includes(one.document));
  part("chat").setAttribute("suggestions", known.map(({ question }) => question).join("|"));
});
takeFiles(part("drop"), part("files"), part("uploads"), () => reload());
settle();

/** On a phone the documents stand below the suggestions: they are shown once these are there, so that nothing jumps. */
async function settle() {
  await Promise.race([reload(), new Promise((done) => setTimeout(done, 1000))]); // the server may still be starting
  part("library").removeAttribute("aria-busy");
}

/** The page is there for asking, so the question box has the focus, once there is one. */
async function beginAsking(chat) {
  await customElements.whenDefined("extrait-chat");
  await chat.updateComplete;
  chat.focus({ preventScroll: true });
}
