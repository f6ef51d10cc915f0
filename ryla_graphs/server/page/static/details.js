// One node of the graph: what it is, what it takes and gives, what was found, how long it took.

import { Findings } from "./findings.js";
import { html, useLayoutEffect, useRef } from "./html.js";
import { encode } from "./json.js";
import { milliseconds } from "./units.js";

const WORDS = { done: "ran", cached: "not run again: the engine had its result", running: "runs now", failed: "failed" };

export function Details({ node, values, drawing, problems, state, spent, close, show, edit }) {
  const title = useRef();
  useLayoutEffect(() => title.current.focus({ preventScroll: false }), []); // at once: the next key may be Escape
  const keys = (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation(); // on the page it cancels the job
    close();
  };
  const titles = new Map(drawing.nodes.map((each) => [each.id, each.title]));
  const wired = drawing.links.filter((link) => link.target === node.id);
  const linked = new Set(wired.map((link) => link.input));
  const fed = drawing.links.filter((link) => link.source === node.id);
  const own = Object.entries(values).filter(([name]) => !linked.has(name));
  const to = (id) => html`<button type="button" class="link" onClick=${() => show(id)}>${titles.get(id)} · ${id}</button>`;
  return html`
    <section class="details" aria-labelledby="node-title" onKeyDown=${keys}>
      <header>
        <h3 id="node-title" ref=${title} tabindex="-1">${node.title}</h3>
        <button type="button" class="quiet" aria-label=${`Close ${node.title}`} onClick=${close}>Close</button>
      </header>
      <p class="hint">${node.class_type} · node <code>${node.id}</code>${state && html` · ${WORDS[state]}${spent >= 1 && ` in ${milliseconds(spent)}`}`}</p>
      <${Findings} problems=${problems} bare />
      <div class="tables">
        ${own.length > 0 && html`<table><caption>Values</caption><tbody>${own.map(([name, value]) => html`
          <tr key=${name}><th scope="row">${edit?.(node.id, name)
            ? html`<button type="button" class="link" onClick=${edit(node.id, name)}>${name}</button>` : name}</th><td>${shown(value)}</td></tr>`)}</tbody></table>`}
        ${wired.length > 0 && html`<table><caption>From</caption><tbody>${wired.map((link) => html`
          <tr key=${link.input}><th scope="row">${link.input}</th><td>${to(link.source)}</td></tr>`)}</tbody></table>`}
        ${fed.length > 0 && html`<table><caption>To</caption><tbody>${fed.map((link) => html`
          <tr key=${`${link.target}.${link.input}`}><th scope="row">${link.input}</th><td>${to(link.target)}</td></tr>`)}</tbody></table>`}
      </div>
    </section>`;
}

function shown(value) {
  const text = typeof value === "string" ? value : encode(value) ?? "";
  return text.length > 400 ? `${text.slice(0, 399)}…` : text;
}
