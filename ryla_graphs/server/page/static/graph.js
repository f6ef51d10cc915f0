// The graph as a picture, with what each node does right now. Where boxes and links go, the server says.

import { html, useState } from "./html.js";

const HUES = {
  MODEL: "model", CLIP: "clip", VAE: "vae", CONDITIONING: "conditioning", LATENT: "latent", IMAGE: "image", MASK: "mask",
  CONTROL_NET: "control",
};
const MARKS = { done: "✓", running: "▶", cached: "≡", failed: "✕" };
const MARGIN = 12;

/** What each node does, by its id, as far as its job has reported. */
export function statesOf(job) {
  const states = {};
  const ids = (list, state) => (list ?? []).forEach((id) => { states[id] = state; });
  if (!job) return states;
  const progress = job.progress ?? {};
  ids(Object.keys(job.metrics?.nodes ?? {}), "done");
  ids(progress.done, "done");
  ids(progress.cached, "cached");
  if (progress.node && job.state === "running") states[progress.node] = "running";
  if (job.error?.node) states[job.error.node] = "failed";
  return states;
}

export function Graph({ drawing, states = {}, spent = {}, marked = new Set() }) {
  const [zoom, setZoom] = useState(0);
  const width = drawing.width + 2 * MARGIN, height = drawing.height + 2 * MARGIN;
  const nodes = new Map(drawing.nodes.map((node) => [node.id, node]));
  const scaled = zoom ? { width: `${width * zoom}px`, maxWidth: "none" } : { width: "100%", minWidth: `${width * 0.3}px`, maxWidth: `${width}px` };
  return html`
    <div class="graph">
      <div class="zoom" role="group" aria-label="Zoom of the graph">
        <button type="button" class="quiet" onClick=${() => setZoom(0)} aria-pressed=${zoom === 0}>Fit</button>
        <button type="button" class="quiet" onClick=${() => setZoom(1)} aria-pressed=${zoom === 1}>100 %</button>
      </div>
      <div class="canvas" tabindex="0" role="region" aria-label="Picture of the graph">
        <svg viewBox=${`${-MARGIN} ${-MARGIN} ${width} ${height}`} style=${scaled} role="img"
          aria-label=${`Graph of ${drawing.nodes.length} nodes`}>
          ${drawing.links.map((link) => html`<${Wire} link=${link} source=${nodes.get(link.source)} target=${nodes.get(link.target)} />`)}
          ${drawing.nodes.map((node) => html`<${Box} key=${node.id} node=${node} state=${states[node.id]} spent=${spent[node.id]}
            marked=${marked.has(node.id)} />`)}
        </svg>
      </div>
      <ul class="heard" aria-label="Nodes of the graph">
        ${drawing.nodes.map((node) => html`<li key=${node.id}>${node.title}, ${node.id}: ${states[node.id] ?? "waiting"}</li>`)}
      </ul>
    </div>`;
}

function Wire({ link, source, target }) {
  if (!source || !target) return null;
  const left = source.x + source.width, top = source.y + link.leaves;
  const right = target.x, low = target.y + link.enters;
  const bend = Math.max(40, Math.abs(right - left) / 2);
  return html`<path class=${`wire ${HUES[link.type] ?? ""}`} d=${`M${left} ${top}C${left + bend} ${top} ${right - bend} ${low} ${right} ${low}`} />`;
}

const cut = (text) => (text.length > 40 ? `${text.slice(0, 39)}…` : text);

const time = (ms) => (ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`);

function Box({ node, state, spent, marked }) {
  return html`
    <g class=${`node ${state ?? ""}${node.output ? " output" : ""}${marked ? " marked" : ""}`} transform=${`translate(${node.x} ${node.y})`}
      data-node=${node.id} data-state=${state ?? "waiting"}>
      <rect width=${node.width} height=${node.height} rx="8" />
      <text x="12" y="19">${cut(node.title)}</text>
      <text class="small" x="12" y="34">${cut(node.id)}</text>
      ${state && html`<text class="mark" x=${node.width - 12} y="20" text-anchor="end">${MARKS[state]}</text>`}
      ${spent >= 1 && html`<text class="small" x=${node.width - 12} y="34" text-anchor="end">${time(spent)}</text>`}
      ${node.inputs.map((slot) => html`<text class="small" x="12" y=${slot.y + 4}>${slot.name}</text>`)}
      ${node.outputs.map((slot) => html`<text class="small" x=${node.width - 12} y=${slot.y + 4} text-anchor="end">${slot.name}</text>`)}
    </g>`;
}
