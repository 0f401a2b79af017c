/* The look. Colours hold AA contrast in both themes; directions are logical, for Arabic. Nothing of the host page leaks in. */

export const style = new CSSStyleSheet();
style.replaceSync(`
/* As a bubble the element stays what the browser takes an unknown one for, an empty inline: nothing around it moves. */
:host {
  all: initial; color-scheme: light dark; font: 16px/0 var(--_font); color: var(--_ink);
  --_font: var(--extrait-font, system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Noto Sans Arabic", sans-serif);
  --_serif: var(--extrait-quote-font, "Iowan Old Style", "Palatino Linotype", Palatino, "Noto Serif", "Noto Naskh Arabic", Georgia, serif);
  --_paper: var(--extrait-paper, light-dark(#faf8f3, #171613)); --_card: var(--extrait-card, light-dark(#fff, #211f1b));
  --_ink: var(--extrait-ink, light-dark(#1d1b16, #efebe1)); --_soft: var(--extrait-soft, light-dark(#5d584d, #b0a998));
  --_line: var(--extrait-line, light-dark(#dcd6c8, #3d3a32)); --_accent: var(--extrait-accent, light-dark(#0d5a50, #7fd1c1));
  --_on-accent: var(--extrait-on-accent, light-dark(#fff, #10211e)); --_danger: var(--extrait-danger, light-dark(#a3231c, #ff9d92));
  --_marker: var(--extrait-marker, light-dark(#ffdf70, #6b5300)); --_on-marker: var(--extrait-on-marker, light-dark(#1d1b16, #fff6d8));
  --_radius: var(--extrait-radius, .75em);
}
:host([position="inline"]) { display: block; }
:host([theme="light"]) { color-scheme: light; }
:host([theme="dark"]) { color-scheme: dark; }
:host([hidden]), [hidden] { display: none !important; }
* { box-sizing: border-box; }
p, ul, ol, h2 { margin: 0; padding: 0; list-style: none; }
h2 { font-size: 1.05em; line-height: 1.3; }
small { font-size: .88em; color: var(--_soft); }
a { color: var(--_accent); text-underline-offset: .15em; }
:focus-visible { outline: 3px solid var(--_accent); outline-offset: 2px; border-radius: 4px; }
[tabindex="-1"]:focus { outline: none; }
.unseen { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.root { overflow-wrap: anywhere; line-height: 1.55; }

button {
  font: inherit; font-size: .95em; line-height: 1.3; color: var(--_ink); background: var(--_card); cursor: pointer; text-align: start;
  border: 1px solid var(--_line); border-radius: .5em; padding: .5em .8em; min-block-size: 24px;
}
button:hover { border-color: var(--_accent); }
button.primary, .bubble { background: var(--_accent); border-color: var(--_accent); color: var(--_on-accent); font-weight: 600; }
button.quiet { border-color: transparent; background: none; color: var(--_soft); font-size: .85em; padding: .35em .5em; }
button.quiet:hover { color: var(--_ink); text-decoration: underline; }

.form { display: flex; gap: .5em; padding-block: .75em; background: var(--_paper); }
input {
  flex: 1; min-inline-size: 0; font: inherit; font-size: 1.05em; padding: .65em .85em; color: inherit; background: var(--_card);
  border: 1px solid var(--_soft); border-radius: .5em; margin: 0;
}
input::placeholder { color: var(--_soft); opacity: 1; }
input:placeholder-shown { direction: inherit; }
input:focus { outline: 3px solid var(--_accent); outline-offset: 0; }

.suggestions p { font-size: .85em; color: var(--_soft); margin-block-end: .4em; }
.suggestions ul { display: flex; flex-wrap: wrap; gap: .5em; }
.suggestions button { border-radius: 1.2em; }

.exchange { margin-block-end: 1.5em; scroll-margin-block-start: 1em; }
.question { font-weight: 600; font-size: 1.1em; line-height: 1.35; margin-block-end: .5em; }
.reply { background: var(--_card); border: 1px solid var(--_line); border-radius: var(--_radius); padding: clamp(.9em, 3vw, 1.3em); display: grid; gap: .9em; }
.pending, .intro { color: var(--_soft); }
.no-answer { font-weight: 600; font-size: 1.05em; }
.citations, details ul { display: grid; gap: 1em; }
blockquote {
  margin: 0; padding-inline-start: 1em; border-inline-start: 4px solid var(--_line); font: 1.12em/1.6 var(--_serif); white-space: pre-wrap;
}
strong {
  background: var(--_marker); color: var(--_on-marker); padding-inline: .1em; border-radius: .15em;
  -webkit-box-decoration-break: clone; box-decoration-break: clone;
}
.source { display: flex; flex-wrap: wrap; gap: .1em .6em; align-items: baseline; margin-block-start: .4em; padding-inline-start: calc(1em + 4px); font-size: .92em; }
.number { color: var(--_soft); }
.also { flex-basis: 100%; font-size: .92em; color: var(--_soft); }
.confidence { font-size: .92em; color: var(--_soft); }
.confidence::before { content: ""; display: inline-block; inline-size: .6em; block-size: .6em; border-radius: 50%; margin-inline-end: .5em; border: 2px solid var(--_accent); }
.high::before, .fair::before { background: var(--_accent); }
summary { cursor: pointer; color: var(--_accent); }
details > ul { margin-block-start: 1em; }
details blockquote { font-size: 1em; }
details .confidence { padding-inline-start: calc(1em + 4px); }
.actions { display: flex; flex-wrap: wrap; gap: .5em; align-items: center; }
.actions button { font-size: .88em; padding: .4em .7em; }
.failure { border-inline-start: 4px solid var(--_danger); padding-inline-start: .8em; display: grid; gap: .4em; justify-items: start; }
.failure > :first-child { font-weight: 600; color: var(--_danger); }
.override { color: var(--_danger); }
.override::before { content: "⇄"; font: 700 .75em monospace; }

/* In the page, on paper of its own, since the page may be light where the visitor's system is dark. The question box stays
   in reach while the conversation grows above it. */
.inline { background: var(--_paper); box-shadow: 0 0 0 .75em var(--_paper); }
.inline .form { position: sticky; inset-block-end: 0; }

/* Over the page: fixed, so that nothing on it moves. */
.floating { display: contents; }
.floating .bubble {
  position: fixed; inset-block-end: 1em; inset-inline-end: 1em; z-index: var(--extrait-z, 9999); display: flex; align-items: center;
  gap: .5em; padding: .8em 1.1em; border-radius: 2em; box-shadow: 0 2px 12px rgb(0 0 0 / .25); max-inline-size: calc(100vw - 2em);
}
.bubble svg { inline-size: 1.3em; block-size: 1.3em; flex: none; }
.floating .panel {
  position: fixed; inset-block-end: 1em; inset-inline-end: 1em; z-index: var(--extrait-z, 9999); display: flex; flex-direction: column;
  inline-size: min(var(--extrait-width, 25em), 100vw - 2em); block-size: min(var(--extrait-height, 40em), 100dvh - 2em);
  background: var(--_paper); border: 1px solid var(--_line); border-radius: var(--_radius); box-shadow: 0 6px 32px rgb(0 0 0 / .3); overflow: hidden;
}
.head { display: flex; justify-content: space-between; align-items: center; gap: .5em; }
.inline .head { margin-block-end: 1em; }
.floating .head { padding-block: .7em; padding-inline: 1em .7em; border-block-end: 1px solid var(--_line); background: var(--_card); }
.floating .scroll { position: relative; flex: 1; overflow: auto; padding: 1em; overscroll-behavior: contain; }
.floating .suggestions { margin-block-start: 1em; }
.inline .suggestions { margin-block-start: .75em; }
.floating .form { padding: .75em 1em; border-block-start: 1px solid var(--_line); }
.floating .reply { font-size: .95em; }
@media (max-width: 30em) {
  .floating .panel { inset: 0; inline-size: 100%; block-size: 100dvh; border: 0; border-radius: 0; }
}
@media (prefers-reduced-motion: no-preference) {
  .floating .scroll { scroll-behavior: smooth; }
}
@media (forced-colors: active) {
  strong { border-block-end: 2px solid; }
  .bubble { border: 2px solid; }
}
@media print {
  .form, .bubble, .suggestions, .actions, .clear { display: none; }
}
`);
