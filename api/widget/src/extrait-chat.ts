// <extrait-chat>: a conversation with the documents of a server, as a bubble over the page or as a part of it.

import { LitElement, html, nothing, svg, type PropertyValues, type TemplateResult } from "lit";
import { ask, base, vote, type Target } from "./client.js";
import { copy } from "./clipboard.js";
import { keep, recall } from "./history.js";
import { replyView } from "./reply.js";
import { style } from "./style.js";
import { citationText } from "./text.js";
import { Failure, type Citation, type Exchange } from "./types.js";
import { choose, sayer, typeset, type Key, type Language, type Say } from "./words.js";

const ICON = svg`<path d="M4 4h16v12H9l-5 4z" fill="none" stroke="currentColor" stroke-width="2" stroke-linejoin="round"/><path
  d="M8 8.5h8M8 12h5" stroke="currentColor" stroke-width="2" stroke-linecap="round"/>`;
const HOME = new URL(import.meta.url).origin; // the server that the script came from

export class ExtraitChat extends LitElement {
  static override styles = style;
  static override properties = {
    server: {}, collection: {}, language: {}, heading: { attribute: "title" }, placeholder: {}, theme: { reflect: true },
    open: { type: Boolean, reflect: true }, position: { reflect: true }, suggestions: {}, token: {},
    exchanges: { state: true }, copied: { state: true },
  };

  declare server: string;
  declare collection: string;
  declare language: string;
  declare heading: string;
  declare placeholder: string;
  declare theme: string;
  declare open: boolean;
  declare position: string;
  /** Questions to begin with, divided by "|". */
  declare suggestions: string;
  declare token: string;
  private declare exchanges: Exchange[];
  private declare copied: { exchange: Exchange; done: boolean } | undefined;
  private readonly pageLanguage = new MutationObserver(() => this.requestUpdate());

  constructor() {
    super();
    Object.assign(this, { server: HOME, collection: "", language: "", heading: "", placeholder: "", open: false, suggestions: "",
      token: "", position: "bubble", exchanges: [] });
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.pageLanguage.observe(document.documentElement, { attributeFilter: ["lang"] });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.pageLanguage.disconnect();
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has("server") || changed.has("collection")) this.exchanges = recall(this.target.server, this.collection);
  }

  /** Asks, as if the visitor had typed the question. */
  async ask(question: string): Promise<void> {
    const exchange: Exchange = { question };
    this.exchanges = [...this.exchanges, exchange];
    this.tell("question", { question });
    await this.answer(exchange);
  }

  private async answer(exchange: Exchange): Promise<void> {
    delete exchange.failure;
    this.requestUpdate();
    await this.show(exchange);
    try {
      exchange.reply = await ask(this.target, exchange.question, this.collection);
    } catch (error) {
      exchange.failure = failure(error);
    }
    this.keep();
    await this.show(exchange);
    if (exchange.reply) this.tell("reply", { question: exchange.question, reply: exchange.reply });
  }

  private async vote(exchange: Exchange, helpful: boolean): Promise<void> {
    if (!exchange.reply) return;
    delete exchange.voteFailure;
    try {
      await vote(this.target, exchange.question, exchange.reply, helpful);
      exchange.voted = true;
      this.tell("feedback", { question: exchange.question, reply: exchange.reply, helpful });
    } catch (error) {
      exchange.voteFailure = failure(error);
    }
    this.keep();
    await this.updateComplete;
    this.article(exchange)?.querySelector<HTMLElement>(".thanks, .failure")?.focus();
  }

  private async copy(exchange: Exchange, citation: Citation): Promise<void> {
    const focused = this.renderRoot instanceof ShadowRoot ? this.renderRoot.activeElement : null;
    const done = await copy(citationText(this.say, this.base, citation), this.renderRoot as ShadowRoot);
    if (focused instanceof HTMLElement) focused.focus();
    const copied = { exchange, done };
    this.copied = copied;
    setTimeout(() => { if (this.copied === copied) this.copied = undefined; }, 2000);
  }

  private keep(): void {
    keep(this.target.server, this.collection, this.exchanges);
    this.requestUpdate();
  }

  private tell(name: string, detail: object): void {
    this.dispatchEvent(new CustomEvent(`extrait:${name}`, { detail, bubbles: true, composed: true }));
  }

  private article(exchange: Exchange): HTMLElement | undefined {
    return this.renderRoot.querySelectorAll<HTMLElement>(".exchange")[this.exchanges.indexOf(exchange)];
  }

  /** Brings the last exchange into view; an older one that is asked again stays where it is. */
  private async show(exchange: Exchange): Promise<void> {
    await this.updateComplete;
    const article = this.article(exchange);
    if (!article || exchange !== this.exchanges.at(-1)) return;
    const scroll = this.renderRoot.querySelector(".floating .scroll");
    if (scroll) scroll.scrollTop = article.offsetTop - 16;
    else article.scrollIntoView({ block: "start" });
  }

  private get say(): Say { return sayer(this.spoken); }

  private get spoken(): Language {
    const page = this.closest("[lang]") ?? document.documentElement;
    return choose(this.language || page.getAttribute("lang"));
  }

  /** Whom to ask: an attribute that is taken away leaves null, which counts as not given. */
  private get target(): Target { return { server: this.server || HOME, token: this.token }; }

  /** The server's address for links, or nothing when it is no address. */
  private get base(): string {
    try { return base(this.target.server); } catch { return ""; }
  }

  /** Puts the focus into the question box. */
  override focus(options?: FocusOptions): void { this.input?.focus(options); }

  private get input(): HTMLInputElement | null { return this.renderRoot.querySelector("input"); }

  private async toggle(open: boolean): Promise<void> {
    this.open = open;
    await this.updateComplete;
    if (open) this.input?.focus();
    else this.renderRoot.querySelector<HTMLElement>(".bubble")?.focus();
  }

  /** On a small screen the panel covers the page: it closes when the focus goes on to what it would hide. */
  private giveWay({ relatedTarget: next }: FocusEvent): void {
    const covered = this.position !== "inline" && matchMedia("(max-width: 30em)").matches;
    if (covered && next instanceof Node && !this.renderRoot.contains(next)) this.open = false;
  }

  private submit(event: Event): void {
    event.preventDefault();
    const { input } = this;
    const question = input?.value.trim();
    if (!input || !question) return;
    input.value = "";
    void this.ask(question);
  }

  private again(exchange: Exchange): void {
    void this.answer(exchange);
    this.input?.focus();
  }

  private edit(exchange: Exchange): void {
    this.exchanges = this.exchanges.filter((one) => one !== exchange);
    if (!this.input) return;
    this.input.value = exchange.question;
    this.input.focus();
  }

  private clear(): void {
    this.exchanges = [];
    this.keep();
    this.input?.focus();
  }

  protected override render(): TemplateResult {
    const { say } = this;
    const inline = this.position === "inline";
    const title = this.heading || say("title");
    const shape = inline ? "root inline" : "root floating";
    // The empty title keeps the browser from showing the element's own as a tooltip over all of it.
    return html`<div class=${shape} lang=${this.spoken} dir=${this.spoken === "ar" ? "rtl" : "ltr"} title="">${
      inline ? nothing : html`<button class="bubble" part="bubble" type="button" ?hidden=${this.open} aria-expanded=${this.open}
        aria-haspopup="dialog" @click=${() => this.toggle(true)}><svg viewBox="0 0 24 24" aria-hidden="true">${ICON}</svg>${title}</button>`}${
      inline || this.open ? html`<section class="panel" part="panel" role=${inline ? nothing : "dialog"} aria-label=${title}
        @keydown=${(event: KeyboardEvent) => { if (event.key === "Escape" && !inline) void this.toggle(false); }}
        @focusout=${(event: FocusEvent) => this.giveWay(event)}>${
        this.head(inline, title)}${this.conversation(inline)}${this.form()}${inline ? this.offers() : nothing}</section>` : nothing
    }</div>`;
  }

  private head(inline: boolean, title: string): TemplateResult | typeof nothing {
    if (inline && !this.heading) return nothing;
    return html`<div class="head" part="header"><h2>${title}</h2>${inline ? nothing : html`<button class="quiet" type="button"
      @click=${() => this.toggle(false)}>${this.say("close")}</button>`}</div>`;
  }

  private conversation(inline: boolean): TemplateResult {
    const { say } = this;
    return html`<div class="scroll">${inline || this.exchanges.length ? nothing : html`<p class="intro">${say("intro")}</p>${this.offers()}`
      }<div role="log" part="log" aria-live="polite" aria-label=${say("conversation")}>${this.exchanges.map((one) => this.exchange(one))}</div>${
      this.exchanges.length ? html`<button class="quiet clear" type="button" @click=${() => this.clear()}>${say("clear")}</button>` : nothing
      }</div>`;
  }

  private offers(): TemplateResult | typeof nothing {
    const questions = (this.suggestions ?? "").split("|").map((one) => one.trim()).filter(Boolean);
    if (!questions.length || this.exchanges.length) return nothing;
    const choice = (question: string): void => { this.input?.focus(); void this.ask(question); };
    return html`<div class="suggestions"><p id="offers">${this.say("suggestions")}</p><ul aria-labelledby="offers">${questions.map((one) =>
      html`<li><button part="suggestion" type="button" dir="auto" @click=${() => choice(one)}>${typeset(one)}</button></li>`)}</ul></div>`;
  }

  private form(): TemplateResult {
    const { say } = this;
    return html`<form class="form" part="form" role="search" @submit=${(event: Event) => this.submit(event)}><label class="unseen"
      for="question">${say("question")}</label><input id="question" part="input" name="question" autocomplete="off" enterkeyhint="send"
      dir="auto" placeholder=${this.placeholder || say("placeholder")}><button class="primary" part="button">${say("ask")}</button></form>`;
  }

  private exchange(exchange: Exchange): TemplateResult {
    const { question, reply, failure: fault } = exchange;
    const setting = { say: this.say, language: this.spoken, server: this.base, away: !`${this.base}/`.startsWith(`${location.origin}/`) };
    const body = reply ? html`${replyView(setting, reply)}${this.actions(exchange)}`
      : fault ? this.note(fault, exchange)
      : html`<p class="pending">${this.say("searching")}</p>`;
    return html`<article class="exchange"><p class="question" part="question" dir="auto">${question}</p><div class="reply" part="reply">${
      body}</div></article>`;
  }

  private actions(exchange: Exchange): TemplateResult {
    const { reply, voted, voteFailure } = exchange;
    const button = (key: Key, act: () => void): TemplateResult =>
      html`<button type="button" @click=${act}>${this.say(key)}</button>`;
    const citation = reply?.type === "answer" ? reply.citations[0] : undefined;
    const copied = this.copied?.exchange === exchange ? (this.copied.done ? "copied" : "notCopied") : "copy";
    return html`<div class="actions">${citation ? button(copied, () => void this.copy(exchange, citation)) : nothing}${voted
      ? html`<span class="thanks" tabindex="-1">${this.say("thanks")}</span>`
      : html`${button("helpful", () => void this.vote(exchange, true))}${button("notHelpful", () => void this.vote(exchange, false))}`
      }</div>${voteFailure ? this.note(voteFailure) : nothing}`;
  }

  private note({ key, values }: Failure, exchange?: Exchange): TemplateResult {
    const { say } = this;
    const actions = exchange && html`<div class="actions">${key === "tooLong" || key === "refused" ? nothing
      : html`<button type="button" @click=${() => this.again(exchange)}>${say("retry")}</button>`
      }<button type="button" @click=${() => this.edit(exchange)}>${say("edit")}</button></div>`;
    return html`<div class="failure" tabindex="-1"><p>${say("failed")}</p><p>${say(key, values)}</p>${actions ?? nothing}</div>`;
  }
}

/** Errors that are no Failure are defects: they stay loud. */
function failure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  throw error;
}

if (!customElements.get("extrait-chat")) customElements.define("extrait-chat", ExtraitChat);
