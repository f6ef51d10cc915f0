// What a form stands for: a preset, or a graph that was opened. Both have fields, and a place to send what they hold.

import { AS_JSON, json } from "./api.js";
import { bodyOf, fieldsOf } from "./fields.js";
import { decode } from "./json.js";

/** A preset, as `GET /presets/{name}` tells it. */
export function presetTarget(found) {
  return {
    preset: found.name,
    name: found.name,
    fields: fieldsOf(found.parameters),
    example: found.example,
    path: `/${found.name}`,
    drawn: `/presets/${encodeURIComponent(found.name)}/graph`,
  };
}

/** A graph, as `POST /workflow/graph` tells it; `file` is where it came from. Raises `Failure` where it has none. */
export async function openGraph(file) {
  const opened = await json("/workflow/graph", { method: "POST", body: file, headers: { "Content-Type": AS_JSON } });
  /** A file came along, or lies on the server, or is asked for; of a bad graph that is not looked into yet. */
  const lacks = (field) => opened.problems.some((each) => each.code === "input_not_given" && each.node === field.node && each.input === field.input);
  const known = (field) => (field.kind !== "file" ? field
    : { ...field, along: opened.files[field.initial], required: field.required && (!opened.valid || lacks(field)) });
  return {
    name: file.name,
    opened,
    file,
    fields: opened.form ? fieldsOf(opened.form).map(known) : [],
    more: opened.form ? opened.form["x-more"] : 0,
    path: "/workflow",
    drawn: "/workflow/graph",
  };
}

/** The same target with the fields that a change brought with it: a choice may need inputs that were not there before. */
export function withNewFields(target, form) {
  const known = new Set(target.fields.map((field) => field.name));
  const fresh = form ? fieldsOf(form).filter((field) => !known.has(field.name)) : [];
  return fresh.length ? { ...target, fields: [...target.fields, ...fresh] } : target;
}

/** What was typed that differs from what is there by itself, by field; `options` as `bodyOf` takes them. */
export const valuesOf = (target, typed, options) => bodyOf(target.fields, typed, decode, options);

/** The body that runs a target with such values: of a graph the prompt with them, and the files that it still names. */
export function sentBy(target, values) {
  if (!target.opened) return values;
  const prompt = { ...target.opened.prompt };
  for (const field of target.fields.filter((each) => each.name in values)) {
    const node = prompt[field.node];
    prompt[field.node] = { ...node, inputs: { ...node.inputs, [field.input]: values[field.name] } };
  }
  const files = target.fields.filter((field) => field.kind === "file");
  const kept = new Set(files.filter((field) => !(field.name in values)).map((field) => field.initial));
  const gone = (name) => !kept.has(name) && files.some((field) => field.initial === name);
  const inputs = Object.fromEntries(Object.entries(target.opened.files).filter(([name]) => !gone(name)));
  return { workflow: prompt, inputs, labels: { name: target.name.slice(0, 60) } };
}
