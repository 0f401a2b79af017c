// The documents of the library: listed, put in with live progress, deleted.

import { Failure, button, call, el, failureNote, foreign, say } from "./page.js";

const PAGE = 100; // documents fetched at a time

/** A function that fills `list`; it tells `onchange` the ids that are shown whenever they change. */
export function listDocuments(list, status, dialog, onchange) {
  let shown = [];

  async function load(cursor = "") {
    try {
      const page = await call(`/v1/documents?limit=${PAGE}&cursor=${encodeURIComponent(cursor)}`);
      shown = [...cursor ? shown : [], ...page.documents];
      const rest = page.cursor && el("li", {}, button("more", () => load(page.cursor)));
      list.replaceChildren(...shown.map(row), rest || "");
      if (!shown.length) list.append(say("noDocuments", {}, "li"));
      onchange(shown.map(({ id }) => id));
    } catch (error) {
      list.replaceChildren(el("li", {}, failureNote(error, () => load(cursor))));
    }
  }

  function row(item) {
    const title = item.title || item.id;
    const name = el("a", { href: `/documents/${encodeURIComponent(item.id)}` }, foreign(title));
    const facts = [item.language && el("small", { class: "tag" }, item.language), say("length", { count: item.length }, "small"),
      item.pages.length > 0 && say("pages", { count: item.pages.length }, "small")];
    const remove = button("delete", () => confirmDeletion(item.id, title), { class: "quiet", "aria-describedby": `d-${item.id}` });
    name.id = `d-${item.id}`;
    return el("li", {}, el("div", {}, name, el("div", { class: "facts" }, facts)), remove);
  }

  async function confirmDeletion(id, title) {
    dialog.querySelector("[data-title]").replaceChildren(foreign(title));
    dialog.returnValue = "";
    dialog.showModal();
    await new Promise((done) => dialog.addEventListener("close", done, { once: true }));
    if (dialog.returnValue !== "delete") return;
    try {
      await call(`/v1/documents/${encodeURIComponent(id)}`, { method: "DELETE" });
      await load();
      status.replaceChildren(say("deleted", {}, "p", { tabindex: -1 }));
      status.firstChild.focus();
    } catch (error) {
      status.replaceChildren(failureNote(error));
    }
  }

  return load;
}

/** Makes `zone` take files, by its input or dropped anywhere on the page; calls `onchange` when a job has ended. */
export function takeFiles(zone, input, uploads, onchange) {
  input.addEventListener("change", () => {
    upload([...input.files]);
    input.value = ""; // so that the same file can be chosen again
  });
  for (const kind of ["dragover", "dragleave", "drop"]) {
    window.addEventListener(kind, (event) => {
      if (!event.dataTransfer.types.includes("Files")) return;
      event.preventDefault();
      zone.classList.toggle("over", kind === "dragover");
      if (kind === "drop") upload([...event.dataTransfer.files]);
    });
  }

  async function upload(files) {
    if (!files.length) return;
    const box = el("div", { class: "upload" });
    uploads.prepend(box);
    await send(files, box);
  }

  async function send(files, box) {
    box.replaceChildren(say("sending", {}, "p"), el("progress"));
    const body = new FormData();
    for (const file of files) body.append("files", file);
    try {
      const accepted = await call("/v1/documents", { method: "POST", body });
      await follow(accepted.url, box);
      onchange();
    } catch (error) {
      box.replaceChildren(failureNote(error, () => send(files, box)), button("dismiss", () => box.remove()));
    }
  }
}

/**
 * Shows a job as it goes on, until it ends. The browser takes the stream up again by itself when it breaks off.
 * An event has every outcome, or those that are new since the one before.
 */
const follow = (url, box) => new Promise((done, fail) => {
  const events = new EventSource(`${url}/events`);
  const list = el("ul");
  events.addEventListener("job", ({ data }) => {
    const job = JSON.parse(data);
    const ended = job.state === "done" || job.state === "failed";
    box.replaceChildren(
      say(ended ? "finished" : "progress", { done: job.done, total: job.total }, "p"),
      ended ? button("dismiss", () => box.remove(), { class: "quiet" }) : el("progress", { value: job.done, max: job.total }),
      list);
    if (job.files.length === job.done) list.replaceChildren();
    list.append(...job.files.map(outcome));
    if (ended) events.close();
    if (job.state === "failed") fail(new Failure({ detail: job.error }));
    else if (ended) done();
  });
  events.addEventListener("error", () => {
    if (events.readyState === EventSource.CLOSED) fail(new Failure({ key: "unreachable" }));
  });
});

function outcome({ name, document_id: id, state, reason }) {
  const label = id ? el("a", { href: `/documents/${encodeURIComponent(id)}` }, foreign(name)) : foreign(name);
  return el("li", { class: state }, say(state === "failed" ? "refused" : state, {}, "small", { class: "tag" }), label,
    reason && el("p", { lang: "en", dir: "auto" }, reason));
}
