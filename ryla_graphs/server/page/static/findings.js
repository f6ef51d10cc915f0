// What was found in a graph: errors and warnings as a list, notes folded away.

import { html } from "./html.js";

/** `bare` leaves out the node, where all are of one; `choose` goes to the node of a finding. */
export function Findings({ problems, bare, choose }) {
  const notes = problems.filter((each) => each.level === "note");
  const grave = problems.filter((each) => each.level !== "note");
  return html`
    ${grave.length > 0 && html`<${List} problems=${grave} bare=${bare} choose=${choose} />`}
    ${notes.length > 0 && html`<details class="notes"><summary>${notes.length} ${notes.length === 1 ? "note" : "notes"}</summary>
      <${List} problems=${notes} bare=${bare} choose=${choose} /></details>`}`;
}

function List({ problems, bare, choose }) {
  return html`<ul class="findings">${problems.map((each) => html`
    <li><span class=${`level ${each.level}`}>${each.level}</span>
      <span>${!bare && each.node && html`<${Place} problem=${each} choose=${choose} />`}
      ${each.input && html`<code>${each.input}</code> `}${each.message}
      ${each.hint && html`<span class="hint"> (${each.hint})</span>`}</span></li>`)}</ul>`;
}

function Place({ problem, choose }) {
  const words = `${problem.class_type ? `${problem.class_type} · ` : ""}${problem.node}`;
  return choose ? html`<button type="button" class="link" onClick=${() => choose(problem.node)}>${words}</button> ` : html`<span class="hint">${words} </span>`;
}
