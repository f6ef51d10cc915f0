// Two results, one over the other, with a slider between them.

import { html, useState } from "./html.js";
import { pictureOf } from "./history.js";
import { useBlob } from "./job.js";

export function Compare({ one, other, close }) {
  const [place, setPlace] = useState(50);
  const left = useBlob(pictureOf(one)?.url), right = useBlob(pictureOf(other)?.url);
  const words = (job) => `${job.preset ?? "graph"}, seed ${job.seed}`;
  return html`
    <section class="card compare" aria-labelledby="compare-title">
      <header><h2 id="compare-title">Compare</h2><span class="space"></span>
        <button type="button" class="quiet" onClick=${close}>Close</button></header>
      <div class="frame both">
        ${right && html`<img src=${right} alt=${`Right: ${words(other)}`} />`}
        ${left && html`<img class="over" src=${left} alt=${`Left: ${words(one)}`} style=${{ clipPath: `inset(0 ${100 - place}% 0 0)` }} />`}
      </div>
      <input type="range" min="0" max="100" value=${place} aria-label="Where the left picture ends"
        onInput=${(event) => setPlace(Number(event.target.value))} />
      <div class="ends hint"><span>${words(one)}</span><span>${words(other)}</span></div>
      <${Differences} one=${one} other=${other} />
    </section>`;
}

function Differences({ one, other }) {
  const names = [...new Set([...Object.keys(one.parameters), ...Object.keys(other.parameters)])]
    .filter((name) => String(one.parameters[name]) !== String(other.parameters[name]));
  if (!names.length) return html`<p class="hint">Both have the same parameters.</p>`;
  const cell = (value) => (value === undefined || value === null ? "–" : String(value).slice(0, 200));
  return html`
    <div class="wide"><table>
      <thead><tr><th scope="col">parameter</th><th scope="col">left</th><th scope="col">right</th></tr></thead>
      <tbody>${names.map((name) => html`<tr key=${name}><th scope="row">${name}</th>
        <td>${cell(one.parameters[name])}</td><td>${cell(other.parameters[name])}</td></tr>`)}</tbody>
    </table></div>`;
}
