// A graph that somebody opened: the editor's file, API JSON, a picture that carries one. What it is, and how it fares here.

import { html } from "./html.js";

/** The head of its form. `look` is what the server says of it as it stands in the form now. */
export function Opened({ target, look, close }) {
  const { opened, more } = target;
  const errors = (look ?? opened).problems.filter((each) => each.level === "error" && each.code !== "input_not_given");
  const verdict = !errors.length ? "It runs here." : (look ?? opened).valid ? "It is valid, but does not run here." : "It has errors.";
  return html`
    <div class="row opened" aria-live="polite">
      <header><h2>${target.name}</h2><span class="space"></span><button type="button" class="quiet" aria-label=${`Close ${target.name}`} onClick=${close}>Close</button></header>
      <p class="hint">${opened.kind[0].toUpperCase()}${opened.kind.slice(1)}.</p>
      <p class=${errors.length ? "error" : "good"}>${verdict}</p>
      ${opened.inputs.length > 0 && html`<p class="hint">Files that came along: ${opened.inputs.join(", ")}</p>`}
      ${opened.form === null && html`<p class="hint">It has too many nodes for a drawing and a form.</p>`}
      ${more > 0 && html`<p class="hint">${more} more inputs are not shown: the form has room for ${target.fields.length}.</p>`}
      ${opened.left_out.length > 0 && html`<details class="notes"><summary>${opened.left_out.length} of the file left out</summary>
        <ul class="findings">${opened.left_out.map((left) => html`
          <li><span><code>${left.node}</code> ${left.what}: ${left.reason}</span></li>`)}</ul></details>`}
    </div>`;
}
