// From a preset's JSON Schema to fields, and from what was typed into them to a request. No drawing here.

import { encode } from "./json.js";

const ASSET = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** A file that the server has: an input of a job by its address, an asset by its id. `small` is where a look at it is. */
export function kept(send) {
  if (send.startsWith("/jobs/")) return { send, name: "A file of an earlier job", small: `${send}?format=webp&w=128` };
  return ASSET.test(send) ? { send, name: "An uploaded file", small: `/api/v2/assets/${send}/content` } : { send, name: send };
}


export const GROUPS = { basic: "Basic", advanced: "Advanced", models: "Models" };

/** The fields of a schema in their order. */
export function fieldsOf(schema) {
  const required = new Set(schema.required ?? []);
  return Object.entries(schema.properties ?? {})
    .map(([name, facts]) => field(name, facts, required.has(name), schema.$defs ?? {}))
    .sort((one, other) => one.order - other.order);
}

function field(name, facts, required, known) {
  const kinds = (facts.anyOf ?? [facts]).filter((kind) => kind.type !== "null");
  const type = kinds.length === 1 || facts["x-widget"] ? kinds[0] : {}; // a seed may be text, too
  const item = known[type.items?.$ref?.split("/").pop()];
  const parts = item?.properties ? fieldsOf({ ...item, $defs: known }) : [];
  const nullable = Boolean(facts.anyOf && facts.anyOf.length > kinds.length);
  const all = { ...type, ...facts };
  return {
    name,
    required,
    nullable,
    title: facts.title ?? name,
    hint: facts.description ?? "",
    group: facts["x-group"] in GROUPS ? facts["x-group"] : "advanced",
    order: facts["x-order"] ?? 1e6,
    initial: facts.default,
    kind: parts.length && parts.every((part) => part.kind !== "json") ? "rows" : kindOf(all, type.type),
    type: type.type,
    parts,
    most: all.maxItems,
    media: all.contentMediaType ?? "",
    choices: all.enum ?? [],
    offered: all.examples ?? [],
    format: all.format ?? "",
    node: facts["x-node"],
    input: facts["x-input"],
    min: all.minimum,
    max: all.maximum,
    step: all["x-step"] ?? (type.type === "integer" ? 1 : "any"),
    longest: all.maxLength,
  };
}

function kindOf(facts, type) {
  const widget = facts["x-widget"];
  if (facts.format === "ryla-file" || widget === "file") return "file";
  if (facts.enum?.length) return "choice";
  if (type === "boolean") return "boolean";
  if (type === "string") return widget === "textarea" ? "textarea" : "text";
  if (type !== "integer" && type !== "number") return "json";
  if (widget === "seed") return "seed";
  return widget === "slider" && facts.minimum !== undefined && facts.maximum !== undefined ? "slider" : "number";
}

/** What a field shows for a value of a request. */
export function shown(field, value) {
  if (value === undefined || value === null) return field.kind === "boolean" ? false : "";
  if (field.kind === "boolean") return Boolean(value);
  if (field.kind === "json" || field.kind === "rows") return encode(value);
  return String(value);
}

export const initialText = (field) => shown(field, field.initial);

/** What was typed as a value: undefined where that is nothing to send. Raises SyntaxError for bad JSON. */
export function valueOf(field, typed, decode) {
  if (typed === undefined) return undefined;
  if (field.kind === "file") return typed.send || undefined;
  if (field.kind === "boolean") return typed;
  if (field.kind === "choice") return field.choices.find((choice) => String(choice) === typed) ?? (typed || undefined);
  if (field.kind === "text" || field.kind === "textarea") {
    return typed === "" && (field.nullable || field.required) ? undefined : typed;
  }
  if (typed.trim() === "") return undefined;
  if (field.kind === "json" || field.kind === "rows") return decode(typed);
  return /^\s*-?\d+\s*$/.test(typed) && !Number.isSafeInteger(Number(typed)) ? BigInt(typed) : number(typed);
}

// What is no number goes as text: the server says what is wrong with it, at its field.
const number = (typed) => (Number.isFinite(Number(typed)) ? Number(typed) : typed);

/** The body of a request: only what differs from what is there by itself. `problems` gets what cannot be read. */
export function bodyOf(fields, typed, decode, { problems = [], file = (given) => given.send } = {}) {
  const body = {};
  for (const field of fields) {
    const text = typed[field.name];
    if (text === undefined || (field.kind !== "file" && text === initialText(field))) continue;
    if (field.kind === "file") {
      const sent = text.send && file(text);
      if (sent) body[field.name] = sent;
      continue;
    }
    try {
      const value = valueOf(field, text, decode);
      if (value !== undefined) body[field.name] = value;
    } catch (error) {
      problems.push({ parameter: field.name, message: `this is no JSON: ${error.message}` });
    }
  }
  return body;
}

/** What to show in the form for the parameters of a job or an example; `files` are those of the job, by name. */
export function typedOf(fields, parameters, files = new Map()) {
  const typed = {};
  for (const field of fields) {
    const value = parameters[field.name];
    if (value === undefined || value === null) continue;
    if (field.kind === "file") {
      if (files.has(value)) typed[field.name] = kept(files.get(value).url);
      continue;
    }
    const text = shown(field, value);
    if (text !== initialText(field)) typed[field.name] = text;
  }
  return typed;
}
