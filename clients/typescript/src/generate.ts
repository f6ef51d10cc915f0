#!/usr/bin/env node
/**
 * Writes TypeScript from a server's OpenAPI document: the parameters of its presets and pipelines, and a typed client.
 *
 *     npx ryla-graphs-types http://127.0.0.1:8100 > pipelines.gen.ts
 */
import { readFile, writeFile } from "node:fs/promises";
import { argv, env, exit, stderr, stdout } from "node:process";
import { pathToFileURL } from "node:url";
import { realpathSync } from "node:fs";
import { parseJson } from "./json.js";

export interface Schema {
  $ref?: string;
  title?: string;
  description?: string;
  type?: string | string[];
  format?: string;
  enum?: unknown[];
  const?: unknown;
  default?: unknown;
  minimum?: number | string;
  maximum?: number | string;
  items?: Schema;
  anyOf?: Schema[];
  oneOf?: Schema[];
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean | Schema;
}

export interface Document {
  paths: Record<string, Record<string, { tags?: string[]; summary?: string; operationId?: string; requestBody?: any }>>;
  components: { schemas: Record<string, Schema> };
}

const GENERATED = "GENERATED from the server's OpenAPI document: do not edit.";
const SHAPES: Record<string, string> = {
  JobState: "JobState",
  Progress: "Progress",
  Input: "InputFacts",
  Output: "OutputFacts",
  Face: "FaceFacts",
  Job: "JobFacts",
  Preset: "PresetFacts",
  Verdict: "VerdictFacts",
  LeftOut: "LeftOutFacts",
  Judgement: "JudgementFacts",
  Graph: "GraphFacts",
  Opened: "OpenedFacts",
  Drawing: "Drawing",
  DrawnNode: "DrawnNode",
  DrawnLink: "DrawnLink",
  DrawnSlot: "DrawnSlot",
  StatusEvent: "StatusFacts",
  PreviewEvent: "PreviewFacts",
  RoutedEvent: "RoutedFacts",
  OutputEvent: "OutputEventFacts",
  StatusError: "StatusError",
  Attempt: "AttemptFacts",
  Metrics: "MetricsFacts",
  Urls: "JobUrls",
};

/** The types of a server's answers: `src/shapes.gen.ts`. */
export function shapes(document: Document): string {
  const named = new Map<string, string>();
  for (const key of Object.keys(document.components.schemas)) {
    const name = SHAPES[key.replace(/Shape$/, "")];
    if (name) named.set(key, name);
  }
  const missing = Object.values(SHAPES).filter((name) => ![...named.values()].includes(name));
  if (missing.length) throw new Error(`the document has no schema for ${missing.join(", ")}`);
  const types = new Types(document, (key) => named.get(key) ?? (/^(Problem|Error)/.test(key) ? key.replace(/Shape$/, "Facts") : undefined), "answer");
  const parts = [...named].map(([key, name]) => types.declaration(name, document.components.schemas[key]!));
  const head = `/* ${GENERATED} \`npm run generate\` writes it again. */\nimport type { ErrorFacts, Problem as ProblemFacts } from "./errors.js";\n`;
  return [head, ...parts].join("\n");
}

/** The parameters of all presets and a method for each: `src/presets.gen.ts`, or a module of one's own. */
export function presets(document: Document, own: boolean): string {
  const found = pipelines(document);
  const names = new Map(found.map(({ name, key }) => [key, `${pascal(name)}Parameters`] as const));
  const nested = new Map<string, string>();
  const types = new Types(
    document,
    (key) => {
      if (names.has(key)) return names.get(key);
      nested.set(key, key.replace(/Params$/, ""));
      return nested.get(key);
    },
    "request",
  );
  const bodies = found.map(({ name, key, summary }) => types.declaration(`${pascal(name)}Parameters`, document.components.schemas[key]!, summary));
  const inner: string[] = [];
  for (const [key, name] of nested) inner.push(types.declaration(name, document.components.schemas[key]!));
  const map = found.map(({ name }) => `  ${JSON.stringify(name)}: ${pascal(name)}Parameters;`);
  const calls = found.flatMap(({ name, summary }) => [
    `  /** ${summary} */`,
    `  ${camel(name)}(parameters: ${pascal(name)}Parameters, options?: O): Promise<R> {`,
    `    return this.runPreset(${JSON.stringify(name)}, parameters, options);`,
    "  }",
  ]);
  const head = own
    ? `/* ${GENERATED} \`npm run generate\` writes it again. */\nimport type { FileInput } from "./files.js";\n`
    : `/* ${GENERATED} \`npx ryla-graphs-types URL\` writes it again. */\nimport { Ryla, type FileInput, type Job, type RunOptions } from "@ryla/graphs";\n`;
  const table = `/** The parameters of each preset, by its name. */\nexport interface PresetParameters {\n${map.join("\n")}\n}\n`;
  const base = `/** A method for each preset, which runs it to its end. */\nexport abstract class PresetCalls<R, O> {\n  /** Run a preset to its end. */\n  abstract runPreset(name: string, parameters: object, options?: O): Promise<R>;\n\n${calls.join("\n")}\n}\n`;
  const client = own
    ? base
    : `/** A client with a method for each pipeline of the server. */\nexport class Pipelines {\n  constructor(private readonly ryla: Ryla) {}\n\n  private runPreset(name: string, parameters: object, options?: RunOptions): Promise<Job> {\n    return this.ryla.runPreset(name, parameters, options);\n  }\n\n${calls.join("\n").replaceAll("options?: O", "options?: RunOptions").replaceAll("Promise<R>", "Promise<Job>")}\n}\n`;
  return [head, ...inner, ...bodies, table, client].join("\n");
}

function pipelines(document: Document): { name: string; key: string; summary: string }[] {
  return Object.entries(document.paths).flatMap(([path, methods]) => {
    const operation = methods["post"];
    const schema = operation?.requestBody?.content?.["application/json"]?.schema as Schema | undefined;
    if (!operation?.tags?.includes("presets") || !schema?.$ref) return [];
    return [{ name: path.slice(1), key: keyOf(schema.$ref), summary: oneLine(operation.summary ?? path) }];
  });
}

class Types {
  constructor(
    private readonly document: Document,
    private readonly nameOf: (key: string) => string | undefined,
    private readonly side: "request" | "answer",
  ) {}

  declaration(name: string, schema: Schema, summary?: string): string {
    const said = doc(summary ?? schema.description, "");
    if (!schema.properties) return `${said}export type ${name} = ${this.of(schema)};\n`;
    const rows = Object.entries(schema.properties).map(([key, facts]) => {
      const optional = !schema.required?.includes(key);
      const spelled = /^[A-Za-z_$][\w$]*$/.test(key) ? key : JSON.stringify(key);
      return `${doc(limits(facts), "  ")}  ${spelled}${optional ? "?" : ""}: ${this.of(facts)}${optional && this.side === "request" ? " | undefined" : ""};`;
    });
    return `${said}export interface ${name} {\n${rows.join("\n")}\n}\n`;
  }

  of(schema: Schema): string {
    if (schema.$ref) {
      const key = keyOf(schema.$ref);
      const name = this.nameOf(key);
      return name ?? this.of(this.document.components.schemas[key] ?? {});
    }
    if (schema.const !== undefined) return JSON.stringify(schema.const);
    if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
    const choices = schema.anyOf ?? schema.oneOf;
    if (choices) return [...new Set(choices.map((each) => this.of({ ...inherited(schema, each), ...each })))].join(" | ");
    if (Array.isArray(schema.type)) return schema.type.map((type) => this.of({ ...schema, type })).join(" | ");
    return this.#plain(schema);
  }

  #plain(schema: Schema): string {
    switch (schema.type) {
      case "string":
        return schema.format === "ryla-file" ? "FileInput" : "string";
      case "integer":
      case "number":
        if (schema.format === "uint64") return this.side === "request" ? "number | bigint" : "number | string";
        return "number";
      case "boolean":
        return "boolean";
      case "null":
        return "null";
      case "array":
        return `${wrapped(this.of(schema.items ?? {}))}[]`;
      case "object": {
        const values = typeof schema.additionalProperties === "object" ? this.of(schema.additionalProperties) : "unknown";
        return `Record<string, ${values}>`;
      }
      default:
        return "unknown";
    }
  }
}

function inherited(outer: Schema, inner: Schema): Schema {
  return outer.format && inner.type !== "null" ? { format: outer.format } : {};
}

function wrapped(type: string): string {
  return type.includes(" ") ? `(${type})` : type;
}

function limits(facts: Schema): string | undefined {
  const { minimum, maximum, description } = facts;
  const range =
    minimum !== undefined && maximum !== undefined ? `${minimum} to ${maximum}` : minimum !== undefined ? `at least ${minimum}` : maximum !== undefined ? `at most ${maximum}` : undefined;
  const usual = ["string", "number", "boolean"].includes(typeof facts.default) && facts.default !== "" ? `by default ${JSON.stringify(facts.default)}` : undefined;
  return [description, range, usual].filter(Boolean).join("; ") || undefined;
}

function doc(text: string | undefined, indent: string): string {
  return text ? `${indent}/** ${oneLine(text)} */\n` : "";
}

function oneLine(text: string): string {
  return text.replaceAll("*/", "*\\/").split("\n\n")[0]!.replace(/\s+/g, " ").trim();
}

function keyOf(reference: string): string {
  return reference.split("/").at(-1)!;
}

function pascal(name: string): string {
  return name.split(/[^A-Za-z0-9]+/).map((part) => part.charAt(0).toUpperCase() + part.slice(1)).join("");
}

function camel(name: string): string {
  const joined = pascal(name);
  return joined.charAt(0).toLowerCase() + joined.slice(1);
}

/** The OpenAPI document of a server, or of a file. */
export async function documentAt(source: string): Promise<Document> {
  if (!/^https?:/.test(source)) return parseJson(await readFile(source, "utf8")) as Document;
  const token = env["RYLA_TOKEN"];
  const response = await fetch(`${source.replace(/\/+$/, "")}/openapi.json`, token ? { headers: { Authorization: `Bearer ${token}` } } : {});
  if (!response.ok) throw new Error(`${source}/openapi.json answered ${response.status}`);
  return parseJson(await response.text()) as Document;
}

async function main(given: string[]): Promise<void> {
  const own = given.includes("--own");
  const source = given.find((each) => !each.startsWith("--"));
  if (!source || given.includes("--help")) {
    stderr.write("usage: ryla-graphs-types URL|openapi.json > pipelines.gen.ts\n");
    exit(source ? 0 : 2);
  }
  const document = await documentAt(source);
  if (!own) {
    stdout.write(presets(document, false));
    return;
  }
  const folder = new URL("../src/", import.meta.url);
  await writeFile(new URL("shapes.gen.ts", folder), shapes(document));
  await writeFile(new URL("presets.gen.ts", folder), presets(document, true));
}

if (argv[1] && import.meta.url === pathToFileURL(realpathSync(argv[1])).href) {
  main(argv.slice(2)).catch((error: unknown) => {
    stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    exit(1);
  });
}
