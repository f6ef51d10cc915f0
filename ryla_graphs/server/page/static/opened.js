// A graph that somebody dropped: the editor's file, API JSON, a picture that carries one. Judged, drawn, run.

import { json } from "./api.js";
import { Graph } from "./graph.js";
import { html } from "./html.js";

const post = (path, file) =>
  json(path, { method: "POST", body: file, headers: { "Content-Type": file.type || "application/json" } });

/** What the server says of a file. Raises `Failure` where it finds no graph in it. */
export async function judge(file) {
  const judgement = await post("/validate", file);
  const { drawing } = await post("/workflow/graph", file).catch(() => ({ drawing: null }));
  return { file, judgement, drawing };
}

export function Opened({ opened, run, close, busy, states }) {
  const { file, judgement, drawing } = opened;
  const marked = new Set(judgement.problems.filter((each) => each.level === "error").map((each) => each.node));
  return html`
    <section class="card opened" aria-labelledby="opened-title">
      <header><h2 id="opened-title">${file.name}</h2><span class="space"></span>
        <button type="button" class="quiet" onClick=${close}>Close</button></header>
      <p>${judgement.kind}. ${judgement.valid
        ? judgement.runs_here ? "It is valid and runs here." : "It is valid, but does not run here."
        : "It has errors."}</p>
      ${judgement.inputs.length > 0 && html`<p class="hint">Files that came along: ${judgement.inputs.join(", ")}</p>`}
      <${Findings} problems=${judgement.problems} />
      ${judgement.left_out.length > 0 && html`<ul class="findings">${judgement.left_out.map((left) => html`
        <li><span class="level note">left out</span> <code>${left.node}</code> ${left.what}: ${left.reason}</li>`)}</ul>`}
      ${drawing && html`<${Graph} drawing=${drawing} marked=${marked} states=${states} />`}
      <div class="buttons"><button type="button" class="main" disabled=${!judgement.valid || busy} onClick=${() => run(file)}>
        Run this graph</button></div>
    </section>`;
}

export function Findings({ problems }) {
  const notes = problems.filter((each) => each.level === "note");
  const grave = problems.filter((each) => each.level !== "note");
  return html`
    ${grave.length > 0 && html`<${List} problems=${grave} />`}
    ${notes.length > 0 && html`<details class="notes"><summary>${notes.length} ${notes.length === 1 ? "note" : "notes"}</summary>
      <${List} problems=${notes} /></details>`}`;
}

function List({ problems }) {
  return html`<ul class="findings">${problems.map((each) => html`
    <li><span class=${`level ${each.level}`}>${each.level}</span>
      <span>${each.node && html`<code>${each.node}</code> `}${each.class_type && html`<span class="hint">${each.class_type} </span>`}
      ${each.input && html`<code>${each.input}</code> `}${each.message}
      ${each.hint && html`<span class="hint"> (${each.hint})</span>`}</span></li>`)}</ul>`;
}
