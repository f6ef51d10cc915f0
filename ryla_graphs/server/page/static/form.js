// The form of a preset: one widget for each kind of field, errors at their field.

import { GROUPS, initialText } from "./fields.js";
import { FileField } from "./files.js";
import { html, useEffect, useRef } from "./html.js";
import { useOffered } from "./offers.js";
import { Rows } from "./rows.js";

export function Form({ fields, typed, errors, change, run, asking, children }) {
  const form = useRef();
  useEffect(() => {
    if (asking) form.current?.querySelector("[aria-invalid=true]")?.focus();
  }, [asking]);
  const group = (name) => fields.filter((field) => field.group === name);
  const draw = (field) => html`
    <${Row} key=${field.name} field=${field} value=${typed[field.name]} error=${errors[field.name]}
      change=${(value) => change(field.name, value)} />`;
  const submit = (event) => {
    event.preventDefault();
    run();
  };
  return html`
    <form ref=${form} class="form" onSubmit=${submit} novalidate aria-label="Parameters">
      <div class="fields">
        ${group("basic").map(draw)}
        ${["advanced", "models"].map((name) => group(name).length > 0 && html`
          <${Folded} title=${GROUPS[name]} count=${group(name).filter((field) => typed[field.name] !== undefined).length}
            open=${group(name).some((field) => errors[field.name])}>${group(name).map(draw)}<//>`)}
        ${errors[""] && html`<p class="error" role="alert">${errors[""]}</p>`}
      </div>
      ${children}
    </form>`;
}

/** Brings the field of an input onto the screen, and the cursor into it. */
export function show(field) {
  const widget = document.querySelector(`.form [name="${CSS.escape(field.name)}"]`);
  const folded = widget?.closest("details");
  if (folded) folded.open = true;
  widget?.focus();
}

function Folded({ title, count, open, children }) {
  const details = useRef();
  useEffect(() => {
    if (open) details.current.open = true;
  }, [open]);
  return html`
    <details ref=${details} class="folded">
      <summary>${title}${count > 0 && html` <span class="count">${count} changed</span>`}</summary>
      <div class="fields">${children}</div>
    </details>`;
}

/** A field with its label, its hint and what is wrong with it; `prefix` makes ids of fields inside fields. */
function Row({ field, value, error, change, prefix = "field" }) {
  const id = `${prefix}-${field.name.replace(/\s/g, "_")}`;
  const hint = field.node === undefined ? field.hint : ""; // of a graph it is the node, which stands in the label
  const noted = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ");
  const Widget = WIDGETS[field.kind];
  const common = {
    id,
    name: field.name,
    "aria-describedby": noted || undefined,
    "aria-invalid": error ? "true" : undefined,
    "aria-required": field.required ? "true" : undefined,
  };
  const label = html`<label for=${id}>${field.title}${field.required && html`<span class="needed"> required</span>`}
    ${field.node !== undefined && html`<span class="of"> ${field.hint}</span>`}</label>`;
  const widget = html`<${Widget} field=${field} common=${common} row=${Row}
    value=${value ?? initialText(field)} change=${change} />`;
  return html`
    <div class=${`row ${field.kind}${error ? " wrong" : ""}${short(field) ? " short" : ""}`}>
      ${field.kind === "boolean" ? html`<div class="tick">${widget}${label}</div>` : html`${label}${widget}`}
      ${hint && html`<p class="hint" id=${`${id}-hint`}>${hint}</p>`}
      ${error && html`<p class="error" id=${`${id}-error`} role="alert">${error}</p>`}
    </div>`;
}

/** Whether two such fields fit side by side. */
const short = (field) => (field.kind === "number" || field.kind === "choice") && field.hint.length <= 32;

const text = (change) => (event) => change(event.target.value);

function Textarea({ field, common, value, change }) {
  return html`<textarea ...${common} rows=${field.group !== "basic" ? 2 : field.node === undefined ? 4 : 3} maxlength=${field.longest} value=${value}
    onInput=${text(change)}></textarea>`;
}

function Text({ field, common, value, change }) {
  const offered = useOffered(field);
  const list = offered.length > 0 ? `${common.id}-offered` : undefined;
  return html`<input ...${common} type="text" autocomplete="off" spellcheck="false" list=${list} value=${value} onInput=${text(change)} />
    ${list && html`<datalist id=${list}>${offered.map(([each, words]) => html`<option key=${each} value=${each}>${words}</option>`)}</datalist>`}`;
}

function Numeric({ field, common, value, change }) {
  const none = Number.isNaN(Number(value)); // a graph may hold anything
  return html`<input ...${common} type="number" inputmode="decimal" min=${field.min} max=${field.max} step=${field.step}
    placeholder=${none ? value : field.required ? "" : "left out"} value=${none ? "" : value} onInput=${text(change)} />`;
}

function Slider({ field, common, value, change }) {
  return html`
    <div class="pair">
      <input type="range" aria-label=${`${field.title}, slider`} min=${field.min} max=${field.max} step=${field.step}
        value=${value} onInput=${text(change)} />
      <${Numeric} field=${field} common=${common} value=${value} change=${change} />
    </div>`;
}

function Seed({ field, common, value, change }) {
  const draw = () => change(String(crypto.getRandomValues(new Uint32Array(1))[0]));
  return html`
    <div class="pair">
      <input ...${common} type="text" inputmode="numeric" autocomplete="off" placeholder=${field.initial === undefined ? "a new one for each run" : "as in the graph"}
        value=${value} onInput=${text(change)} />
      <button type="button" class="quiet" onClick=${draw}>Draw</button>
      <button type="button" class="quiet" disabled=${value === ""} onClick=${() => change("")}>Clear</button>
    </div>`;
}

function Choice({ field, common, value, change }) {
  return html`
    <select ...${common} value=${value} onChange=${text(change)}>
      ${field.nullable && html`<option value="">none</option>`}
      ${value !== "" && !field.choices.some((choice) => String(choice) === value) && html`<option value=${value}>${value} (not here)</option>`}
      ${field.choices.map((choice) => html`<option key=${choice} value=${choice}>${String(choice)}</option>`)}
    </select>`;
}

function Tick({ common, value, change }) {
  return html`<input ...${common} type="checkbox" checked=${value} onChange=${(event) => change(event.target.checked)} />`;
}

function Json({ field, common, value, change }) {
  return html`
    <p class="note">There is no widget for this kind of value: it is JSON.</p>
    <textarea ...${common} class="code" rows="3" spellcheck="false" placeholder=${field.type === "array" ? "[]" : ""}
      value=${value} onInput=${text(change)}></textarea>`;
}

const WIDGETS = {
  textarea: Textarea, text: Text, number: Numeric, slider: Slider, seed: Seed, choice: Choice, boolean: Tick,
  file: FileField, json: Json, rows: Rows,
};
