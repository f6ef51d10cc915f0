import { bytesOf, encoded, mediaType, nameOf, type FileInput } from "./files.js";
import { NotFound, RylaError } from "./errors.js";
import type { JobEvent } from "./events.js";
import { Connection, type ConnectionOptions } from "./http.js";
import { Job } from "./job.js";
import { PresetCalls, type PresetParameters } from "./presets.gen.js";
import type { GraphFacts, JobFacts, JobState, JudgementFacts, OpenedFacts, PresetFacts } from "./shapes.gen.js";

/** A LoRA on the server. */
export interface LoraFacts {
  /** What `loraId` takes. */
  id: string;
  name: string;
  families: string[];
  size: number;
}

export interface SubmitOptions {
  /** The same key gives the same job, however often it is sent; by default a fresh one for each call. */
  idempotencyKey?: string | undefined;
  signal?: AbortSignal | undefined;
  /** Hears how the job ended, where the server has a webhook secret. */
  webhookUrl?: string | undefined;
  /** Whether the job's events carry small pictures of what is being made. */
  previews?: boolean | undefined;
  /** What the job can be found by: `jobs.list({ labels })`. */
  labels?: Record<string, string> | undefined;
  /** More headers, such as `Prefer` tokens of the server. */
  headers?: Record<string, string> | undefined;
}

export interface RunOptions extends SubmitOptions {
  onEvent?: ((event: JobEvent) => void) | undefined;
}

/** The name of a preset of the library, or of a pipeline that only the server knows. */
export type PresetName = keyof PresetParameters | (string & {});

/** The parameters of a preset of the library; of any other pipeline, an object. */
export type ParametersOf<N extends string> = N extends keyof PresetParameters ? PresetParameters[N] : object;

/** The same, before all of them are known. */
export type SomeParametersOf<N extends string> = N extends keyof PresetParameters ? Partial<PresetParameters[N]> : object;

export interface GraphOptions {
  /** Files that the graph names as its inputs, by that name. */
  inputs?: Record<string, FileInput> | undefined;
  /** The output nodes to run, with what they need; all by default. */
  outputs?: string[] | undefined;
}

/**
 * A client of one ryla_graphs server.
 *
 *     const ryla = new Ryla({ baseUrl: "http://127.0.0.1:8100" });
 *     const job = await ryla.fluxDev({ prompt: "a red bicycle" });
 *     await job.outputs[0]!.save("bicycle.png");
 */
export class Ryla extends PresetCalls<Job, RunOptions> {
  readonly http: Connection;
  readonly jobs: Jobs;
  readonly loras: Loras;
  readonly presets: Presets;

  constructor(options: ConnectionOptions = {}) {
    super();
    this.http = new Connection(options);
    this.jobs = new Jobs(this.http);
    this.loras = new Loras(this.http);
    this.presets = new Presets(this.http);
  }

  /** Queue a preset, or any pipeline of the server; does not wait. */
  async submit<N extends PresetName>(name: N, parameters: ParametersOf<N>, options: SubmitOptions = {}): Promise<Job> {
    const beside = { webhookUrl: options.webhookUrl, labels: options.labels };
    return this.#post(`/${encodeURIComponent(name)}`, { ...((await encoded(parameters)) as object), ...given(beside) }, options);
  }

  /** Run a preset to its end. */
  override async runPreset<N extends PresetName>(name: N, parameters: ParametersOf<N>, options: RunOptions = {}): Promise<Job> {
    return (await this.submit(name, parameters, options)).result(options);
  }

  /** Queue a graph: API JSON, the editor's JSON, or the bytes of a file that carries one. Does not wait. */
  async submitWorkflow(graph: object | Uint8Array, options: SubmitOptions & GraphOptions = {}): Promise<Job> {
    const beside = { webhook_url: options.webhookUrl, labels: options.labels, outputs: options.outputs };
    return this.#post("/workflow", { ...(await graphBody(graph, options)), ...given(beside) }, options);
  }

  /** Run a graph to its end. */
  async run(graph: object | Uint8Array, options: RunOptions & GraphOptions = {}): Promise<Job> {
    return (await this.submitWorkflow(graph, options)).result(options);
  }

  /** Upload an input file once, for several jobs; the id that it returns is a value for any parameter of a file. */
  async upload(content: FileInput, name?: string, options: { signal?: AbortSignal } = {}): Promise<string> {
    const bytes = await bytesOf(content);
    if (bytes === undefined) throw new RylaError({ code: "bad_file", message: "an upload is bytes, a Blob or file(path)" });
    const form = new FormData();
    form.append("file_path", name ?? nameOf(content) ?? "file");
    form.append("content_type", mediaType(bytes));
    form.append("file", new Blob([bytes as BlobPart]), name ?? "file");
    const asset = await this.http.json("POST", "/api/v2/assets", { body: form, timeoutMs: Infinity, ...options });
    return (asset as { id: string }).id;
  }

  /** What would become of a graph: every problem, the verdict, the plan. Nothing runs. */
  async validate(graph: object | Uint8Array, options: GraphOptions & { signal?: AbortSignal } = {}): Promise<JudgementFacts> {
    const body = await graphBody(graph, options);
    return (await this.http.json("POST", "/validate", { json: body, repeatable: true, signal: options.signal })) as JudgementFacts;
  }

  /** A preset's graph, or any other, before it is run: where its nodes and links go, every problem, the plan; of any other a form, too. */
  graph<N extends PresetName>(source: N, parameters: SomeParametersOf<N>, options?: { signal?: AbortSignal }): Promise<GraphFacts>;
  graph(source: object, options?: GraphOptions & { signal?: AbortSignal }): Promise<OpenedFacts>;
  async graph(source: string | object, given: object = {}, more: { signal?: AbortSignal } = {}): Promise<GraphFacts> {
    const preset = typeof source === "string";
    const path = preset ? `/presets/${encodeURIComponent(source)}/graph` : "/workflow/graph";
    const json = preset ? await encoded(given) : await graphBody(source, given as GraphOptions);
    const { signal } = preset ? more : (given as { signal?: AbortSignal });
    return (await this.http.json("POST", path, { json, repeatable: true, signal })) as GraphFacts;
  }

  /** Whether a job would run now. */
  async ready(options: { signal?: AbortSignal } = {}): Promise<boolean> {
    const response = await this.http.send("GET", "/ready", options);
    await response.body?.cancel();
    return response.status === 200;
  }

  async #post(path: string, json: unknown, options: SubmitOptions): Promise<Job> {
    const headers: Record<string, string> = {
      Prefer: options.previews ? "respond-async, previews" : "respond-async",
      "Idempotency-Key": options.idempotencyKey ?? crypto.randomUUID(),
      ...options.headers,
    };
    // With a key, sending again what may or may not have come through gives the same job.
    const facts = await this.http.json("POST", path, { json, headers, signal: options.signal, repeatable: true });
    return new Job(this.http, facts as JobFacts);
  }
}

/** What is there of what may be left out. */
function given(facts: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));
}

async function graphBody(graph: object | Uint8Array, options: GraphOptions): Promise<Record<string, unknown>> {
  const bytes = await bytesOf(graph);
  const workflow = bytes === undefined ? graph : await encoded(bytes);
  return { workflow, inputs: await encoded(options.inputs ?? {}) };
}

/** Which jobs to list; all that is said must be so. */
export interface JobQuery {
  state?: JobState[];
  preset?: string;
  labels?: Record<string, string>;
  since?: Date;
  before?: string;
  limit?: number;
}

/** The jobs of this token. */
export class Jobs {
  constructor(readonly http: Connection) {}

  /** Throws `NotFound`. */
  async get(id: string, options: { signal?: AbortSignal } = {}): Promise<Job> {
    return new Job(this.http, (await this.http.json("GET", `/jobs/${encodeURIComponent(id)}`, options)) as JobFacts);
  }

  /** A page of jobs, the newest first; `before` is the last id of the page before. */
  async list(options: JobQuery & { signal?: AbortSignal } = {}): Promise<Job[]> {
    const query = new URLSearchParams();
    for (const state of options.state ?? []) query.append("state", state);
    for (const [name, value] of Object.entries(options.labels ?? {})) query.append("label", `${name}:${value}`);
    if (options.preset) query.set("preset", options.preset);
    if (options.since) query.set("since", options.since.toISOString());
    if (options.before) query.set("before", options.before);
    if (options.limit) query.set("limit", String(options.limit));
    const page = (await this.http.json("GET", `/jobs?${query}`, { signal: options.signal })) as { jobs: JobFacts[] };
    return page.jobs.map((facts) => new Job(this.http, facts));
  }

  /** Forget a job that has ended, with its outputs. */
  async forget(id: string, options: { signal?: AbortSignal } = {}): Promise<void> {
    await this.http.json("DELETE", `/jobs/${encodeURIComponent(id)}?forget=true`, options);
  }
}

/** The presets and pipelines of the server. */
export class Presets {
  constructor(readonly http: Connection) {}

  async list(options: { signal?: AbortSignal } = {}): Promise<PresetFacts[]> {
    return ((await this.http.json("GET", "/presets", options)) as { presets: PresetFacts[] }).presets;
  }
}

/** The LoRAs that are there for this token. */
export class Loras {
  constructor(readonly http: Connection) {}

  async list(options: { signal?: AbortSignal } = {}): Promise<LoraFacts[]> {
    return ((await this.http.json("GET", "/loras", options)) as { loras: LoraFacts[] }).loras;
  }

  /** Bring a LoRA; its `id` is what `loraId` takes. */
  async add(name: string, content: FileInput, options: { signal?: AbortSignal } = {}): Promise<LoraFacts> {
    const bytes = await bytesOf(content);
    if (bytes === undefined) throw new RylaError({ code: "bad_file", message: "a LoRA is bytes, a Blob or file(path)" });
    const form = new FormData();
    form.append("file", new Blob([bytes as BlobPart]), name);
    return (await this.http.json("POST", "/loras", { body: form, timeoutMs: Infinity, ...options })) as LoraFacts;
  }

  /** Take a LoRA away; one that is not there is no error. */
  async delete(id: string, options: { signal?: AbortSignal } = {}): Promise<void> {
    try {
      await this.http.json("DELETE", `/loras/${encodeURIComponent(id)}`, options);
    } catch (error) {
      if (!(error instanceof NotFound)) throw error;
    }
  }
}
