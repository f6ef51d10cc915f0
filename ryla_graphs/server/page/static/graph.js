// The graph as a picture, with what each node does right now. Where boxes and links go, the server says.

import { Details } from "./details.js";
import { Findings } from "./findings.js";
import { html, useEffect, useRef, useState } from "./html.js";
import { milliseconds } from "./units.js";

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

/** The graph with its findings; `edit` gives what leads to the field of an input, where there is one. */
export function GraphCard({ look, states, spent, edit }) {
  const [chosen, choose] = useState(null);
  return html`
    <section class="card" aria-labelledby="graph-title">
      <header><h2 id="graph-title">Graph</h2></header>
      <${Findings} problems=${look.problems} choose=${look.drawing && choose} />
      ${look.drawing && html`<${Graph} look=${look} states=${states} spent=${spent} edit=${edit} chosen=${chosen} choose=${choose} />`}
    </section>`;
}

function Graph({ look, states = {}, spent = {}, edit, chosen, choose }) {
  const { drawing, prompt, problems } = look;
  const [zoom, setZoom] = useState(0);
  const [at, moveTo] = useState(null);
  const canvas = useRef();
  const nodes = new Map(drawing.nodes.map((node) => [node.id, node]));
  const marked = new Set(problems.filter((each) => each.level === "error" && each.node).map((each) => each.node));
  const focus = (id) => canvas.current.querySelector(`[data-node="${CSS.escape(id)}"]`)?.focus();
  const open = (id) => { choose(id); moveTo(id); };
  const close = () => { choose(null); focus(chosen); };
  useEffect(() => { if (chosen && !nodes.has(chosen)) choose(null); }, [drawing]);
  const keys = (event) => {
    const from = nodes.get(event.target.closest?.("[data-node]")?.dataset.node);
    if (!from) return;
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      open(from.id);
    }
    const next = nearest(drawing.nodes, from, event.key);
    if (!next) return;
    event.preventDefault();
    moveTo(next.id);
    focus(next.id);
  };
  const width = drawing.width + 2 * MARGIN, height = drawing.height + 2 * MARGIN;
  const scaled = zoom ? { width: `${width * zoom}px`, maxWidth: "none" } : { width: "100%", minWidth: `${width * 0.3}px`, maxWidth: `${width}px` };
  const stop = nodes.has(at) ? at : drawing.nodes[0]?.id;
  return html`
    <div class="graph">
      <div class="pane">
        <div class="canvas" ref=${canvas} onKeyDown=${keys}>
          <svg viewBox=${`${-MARGIN} ${-MARGIN} ${width} ${height}`} style=${scaled} role="group"
            aria-label=${`Graph of ${drawing.nodes.length} nodes. The arrow keys move between them, Enter shows one.`}>
            ${drawing.links.map((link) => html`<${Wire} link=${link} source=${nodes.get(link.source)} target=${nodes.get(link.target)}
              lit=${chosen && (link.source === chosen || link.target === chosen)} />`)}
            ${drawing.nodes.map((node) => html`<${Box} key=${node.id} node=${node} state=${states[node.id]} spent=${spent[node.id]}
              marked=${marked.has(node.id)} chosen=${node.id === chosen} stop=${node.id === stop} open=${open} />`)}
          </svg>
        </div>
        <div class="zoom" role="group" aria-label="Zoom of the graph">
          <button type="button" class="quiet" onClick=${() => setZoom(0)} aria-pressed=${zoom === 0}>Fit</button>
          <button type="button" class="quiet" onClick=${() => setZoom(1)} aria-pressed=${zoom === 1}>100 %</button>
        </div>
      </div>
      ${nodes.has(chosen) && html`<${Details} key=${chosen} node=${nodes.get(chosen)} values=${prompt[chosen]?.inputs ?? {}} drawing=${drawing}
        problems=${problems.filter((each) => each.node === chosen)} state=${states[chosen]} spent=${spent[chosen]}
        close=${close} show=${open} edit=${edit} />`}
    </div>`;
}

const WAYS = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };

/** The node that an arrow key leads to: near, and as straight in its direction as there is one. */
function nearest(nodes, from, key) {
  const [right, down] = WAYS[key] ?? [0, 0];
  if (!right && !down) return null;
  const middle = (node) => [node.x + node.width / 2, node.y + node.height / 2];
  const [x, y] = middle(from);
  let best = null, least = Infinity;
  for (const node of nodes) {
    const [dx, dy] = [middle(node)[0] - x, middle(node)[1] - y];
    const ahead = dx * right + dy * down, aside = Math.abs(dx * down) + Math.abs(dy * right);
    if (ahead > 1 && ahead + 2 * aside < least) [best, least] = [node, ahead + 2 * aside];
  }
  return best;
}

function Wire({ link, source, target, lit }) {
  if (!source || !target) return null;
  const left = source.x + source.width, top = source.y + link.leaves;
  const right = target.x, low = target.y + link.enters;
  const bend = Math.max(40, Math.abs(right - left) / 2);
  return html`<path class=${`wire ${HUES[link.type] ?? ""}${lit ? " lit" : ""}`} aria-hidden="true"
    d=${`M${left} ${top}C${left + bend} ${top} ${right - bend} ${low} ${right} ${low}`} />`;
}

const cut = (text) => (text.length > 40 ? `${text.slice(0, 39)}…` : text);

function Box({ node, state, spent, marked, chosen, stop, open }) {
  const names = ["node", state, node.output && "output", marked && "marked", chosen && "chosen"].filter(Boolean).join(" ");
  const words = [node.title, `node ${node.id}`, state ?? "waiting", marked && "has errors"].filter(Boolean).join(", ");
  return html`
    <g class=${names} transform=${`translate(${node.x} ${node.y})`} data-node=${node.id} data-state=${state ?? "waiting"}
      role="button" tabindex=${stop ? 0 : -1} aria-label=${words} aria-expanded=${chosen ? "true" : "false"} onClick=${() => open(node.id)}>
      <rect width=${node.width} height=${node.height} rx="8" />
      <text x="12" y="19">${cut(node.title)}</text>
      <text class="small" x="12" y="34">${cut(node.id)}</text>
      ${state && html`<text class="mark" x=${node.width - 12} y="20" text-anchor="end">${MARKS[state]}</text>`}
      ${spent >= 1 && html`<text class="small" x=${node.width - 12} y="34" text-anchor="end">${milliseconds(spent)}</text>`}
      ${node.inputs.map((slot) => html`<text class="small" x="12" y=${slot.y + 4}>${slot.name}</text>`)}
      ${node.outputs.map((slot) => html`<text class="small" x=${node.width - 12} y=${slot.y + 4} text-anchor="end">${slot.name}</text>`)}
    </g>`;
}
