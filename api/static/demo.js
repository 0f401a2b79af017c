// The demo page: puts its parts together.

import { converse } from "./conversation.js";
import { listDocuments, takeFiles } from "./documents.js";
import { begin, el } from "./page.js";
import { SUGGESTIONS, typeset } from "./strings.js";

const part = (id) => document.getElementById(id);

begin(part("languages"));
const ask = converse(part("log"), part("form"));
const suggest = ({ question, language }) => el("li", {}, el("button", {
  type: "button", lang: language, dir: "auto", onclick: () => ask(question) }, typeset(question)));
const reload = listDocuments(part("documents"), part("status"), part("confirm"), (ids) => {
  const known = SUGGESTIONS.filter((one) => ids.includes(one.document));
  part("suggestions").hidden = known.length === 0;
  part("suggestions").querySelector("ul").replaceChildren(...known.map(suggest));
});
takeFiles(part("drop"), part("files"), part("uploads"), () => reload());
