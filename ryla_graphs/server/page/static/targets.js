// What a form stands for: a preset, or a graph that was opened. Both have fields, a body to send, and a place to send it.

import { json } from "./api.js";
import { bodyOf, fieldsOf } from "./fields.js";
import { decode } from "./json.js";

/** A preset, as `GET /presets/{name}` tells it. */
export function presetTarget(found) {
  const fields = fieldsOf(found.parameters);
  return {
    preset: found.name,
    name: found.name,
    fields,
    example: found.example,
    path: `/${found.name}`,
    drawn: `/presets/${encodeURIComponent(found.name)}/graph`,
    body: (typed, options) => bodyOf(fields, typed, decode, options),
  };
}

/** A graph, as `POST /workflow/graph` tells it; `file` is where it came from. Raises `Failure` where it has none. */
export async function openGraph(file) {
  const headers = { "Content-Type": file.type || "application/json" };
  const opened = await json("/workflow/graph", { method: "POST", body: file, headers });
  return graphTarget(file, opened);
}

function graphTarget(file, opened) {
  const along = (field) => (field.kind === "file" ? { ...field, along: opened.files[field.initial] } : field);
  const fields = opened.form ? fieldsOf(opened.form).map(along) : [];
  return {
    name: file.name,
    opened,
    file,
    fields,
    more: opened.form ? opened.form["x-more"] : 0,
    path: "/workflow",
    drawn: "/workflow/graph",
    body: (typed, options) => changed(file, opened, fields, typed, options),
  };
}

/** The same target with the fields that a change brought with it: a choice may need inputs that were not there before. */
export function withNewFields(target, form) {
  const known = new Set(target.fields.map((field) => field.name));
  const fresh = form ? fieldsOf(form).filter((field) => !known.has(field.name)) : [];
  if (!fresh.length) return target;
  const fields = [...target.fields, ...fresh];
  return { ...target, fields, body: (typed, options) => changed(target.file, target.opened, fields, typed, options) };
}

/** The body that runs a graph with what was typed: the prompt with these values, and the files that it still names. */
function changed(file, opened, fields, typed, options) {
  const values = bodyOf(fields, typed, decode, options);
  const prompt = { ...opened.prompt };
  const gone = new Set();
  for (const field of fields) {
    if (!(field.name in values)) continue;
    const node = prompt[field.node];
    prompt[field.node] = { ...node, inputs: { ...node.inputs, [field.input]: values[field.name] } };
    if (field.kind === "file") gone.add(field.initial);
  }
  for (const field of fields) if (!(field.name in values)) gone.delete(field.initial);
  const inputs = Object.fromEntries(Object.entries(opened.files).filter(([name]) => !gone.has(name)));
  return { workflow: prompt, inputs, labels: { name: file.name.slice(0, 60) } };
}
