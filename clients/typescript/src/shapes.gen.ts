/* GENERATED from the server's OpenAPI document: do not edit. `npm run generate` writes it again. */
import type { ErrorFacts, Problem as ProblemFacts } from "./errors.js";

/** One attempt: a job that was handed to a route. */
export interface AttemptFacts {
  route: string;
  why: string;
  /** Seconds since 1970, like `ended` */
  started: number;
  ended: number | null;
  outcome: string;
  reason: string;
  /** Whether it may have run there */
  ran: boolean;
  cost_usd: number | null;
  /** Whether it may have cost money that is not in `cost_usd` */
  maybe_charged: boolean;
  experiment: string | null;
  arm: string | null;
  run_id: string;
  remote_id: string | null;
}

/** Boxes and links, from 0, 0 to `width`, `height`. */
export interface Drawing {
  nodes: DrawnNode[];
  links: DrawnLink[];
  width: number;
  height: number;
}

/** A link from an output slot of one node into an input of another. */
export interface DrawnLink {
  source: string;
  slot: number;
  target: string;
  input: string;
  type: string;
  leaves: number;
  enters: number;
}

/** A box. */
export interface DrawnNode {
  id: string;
  class_type: string;
  title: string;
  output: boolean;
  x: number;
  y: number;
  width: number;
  height: number;
  inputs: DrawnSlot[];
  outputs: DrawnSlot[];
}

/** An input that a link ends at, or an output that one begins at. */
export interface DrawnSlot {
  name: string;
  type: string;
  y: number;
}

/** How well a picture kept the person's face. Values that were not measured are null, not zero. */
export interface FaceFacts {
  /** `measured`; `small` and `profile` have unreliable numbers, other outcomes none */
  outcome: "measured" | "small" | "profile" | "no_face" | "no_reference_face" | "failed" | "dropped";
  /** Whether the face counts as the same person's */
  verified: boolean | null;
  /** The probability that it is the same person, assuming even odds: 0 to 1 */
  match: number | null;
  /** How many of a hundred pairs of photos of one person differ at least this much; 50 is ideal */
  consistency: number | null;
  distance: number | null;
  /** The share of pairs of different people that are this similar */
  false_match_rate: number | null;
  /** The number of faces in the picture; the most similar one counts */
  faces: number;
  /** The number of faces in the reference; the largest one counts */
  reference_faces: number;
  model: string;
  /** The id of the calibration; scores with different ids cannot be compared */
  calibration: string;
  ms: number;
}

/** A graph before it runs. */
export interface GraphFacts {
  /** The graph as ComfyUI's Export (API) writes it */
  prompt: Record<string, unknown>;
  /** Null if there are more than 2,000 nodes */
  drawing: Drawing | null;
  /** The preset's parameters as they would be used, with the seed that was drawn */
  parameters: Record<string, unknown>;
  /** Whether the graph has no error */
  valid: boolean;
  /** Whether this deployment would accept it, apart from its files */
  runs_here: boolean;
  problems: ProblemFacts[];
  /** The estimate, for a valid graph: docs/plan.md */
  plan: Record<string, unknown> | null;
}

/** An input file of a job. */
export interface InputFacts {
  /** Its name in the graph and in the parameters */
  name: string;
  /** blake3:… */
  hash: string;
  /** The URL of its content; the next job accepts it in place of a file */
  url: string;
}

/** One execution of a graph. */
export interface JobFacts {
  id: string;
  state: JobState;
  preset: string | null;
  /** The preset's parameters, as they were used */
  parameters: Record<string, unknown>;
  /** The labels that it was submitted with, and can be found by */
  labels: Record<string, string>;
  seed: number | string | null;
  /** The seed with all digits, which JavaScript's numbers cannot hold */
  seed_text: string | null;
  /** How many jobs wait before it */
  position: number | null;
  progress: Progress | null;
  attempt: number;
  cancel_requested: boolean;
  /** The routes that got the job, on servers with routes */
  attempts: AttemptFacts[];
  created_at: string;
  started_at: string | null;
  ended_at: string | null;
  metrics: MetricsFacts;
  warnings: ProblemFacts[];
  inputs: InputFacts[];
  outputs: OutputFacts[];
  error: ErrorFacts | null;
  urls: JobUrls;
}

/** The state of a job; `jobs.states.TRANSITIONS` has the allowed transitions. */
export type JobState = "queued" | "running" | "succeeded" | "failed" | "cancelled";

/** The verdict on a graph, here and in ComfyUI. */
export interface JudgementFacts {
  /** The kind of document, in words */
  kind: string;
  /** Which of the two was read, if the file has both */
  used: "prompt" | "workflow";
  left_out: LeftOutFacts[];
  /** Keys beside the graph that were ignored */
  unread: string[];
  /** The input files in the body */
  inputs: string[];
  /** Whether the graph has no error */
  valid: boolean;
  /** Whether this deployment would accept it, apart from its files */
  runs_here: boolean;
  verdict: VerdictFacts;
  problems: ProblemFacts[];
  /** The outputs that a run of the graph delivers at least, if it is valid */
  outputs: (Record<string, unknown>)[];
  /** The estimate, for a valid graph: docs/plan.md */
  plan: Record<string, unknown> | null;
}

/** A part of an editor workflow that is not in the prompt. */
export interface LeftOutFacts {
  node: string;
  what: string;
  reason: string;
}

/** What a run took. What is unknown is left out; a dictionary, since servers may add fields. */
export interface MetricsFacts {
  /** From submission until the engine started */
  queue_ms?: number;
  /** For the start of a machine */
  cold_ms?: number;
  /** The machine's idle time that this job pays */
  idle_ms?: number;
  /** At work */
  execution_ms?: number;
  /** At work in nodes that load weights */
  load_ms?: number;
  /** Milliseconds by node */
  nodes?: Record<string, number>;
  /** The hardware */
  gpu?: string;
  /** In US dollars */
  cost_usd?: number;
  /** The last route, on servers with routes */
  route?: string;
}

/** A graph that was opened, before it is run. */
export interface OpenedFacts {
  /** The graph as ComfyUI's Export (API) writes it */
  prompt: Record<string, unknown>;
  /** Null if there are more than 2,000 nodes */
  drawing: Drawing | null;
  /** The preset's parameters as they would be used, with the seed that was drawn */
  parameters: Record<string, unknown>;
  /** Whether the graph has no error */
  valid: boolean;
  /** Whether this deployment would accept it, apart from its files */
  runs_here: boolean;
  problems: ProblemFacts[];
  /** The estimate, for a valid graph: docs/plan.md */
  plan: Record<string, unknown> | null;
  /** The kind of document, in words */
  kind: string;
  /** Which of the two was read, if the file has both */
  used: "prompt" | "workflow";
  left_out: LeftOutFacts[];
  /** Keys beside the graph that were ignored */
  unread: string[];
  /** The input files in the body */
  inputs: string[];
  /** JSON Schema of the inputs that can be changed, by `node.input`; null above 2,000 nodes */
  form: Record<string, unknown> | null;
  /** The input files in the body, as `inputs` takes them: send them with a changed graph */
  files: Record<string, string>;
}

/** One committed output of a job. */
export interface OutputFacts {
  number: number;
  node: string;
  kind: "image" | "video" | "audio" | "text" | "3d" | "latent" | "file" | "unknown";
  media_type: string;
  name: string;
  /** In bytes */
  size: number;
  simulated: boolean;
  /** The id of its asset */
  id: string;
  /** blake3:… */
  hash: string;
  /** `output`, or `temp` for files that are only shown */
  folder: string;
  url: string;
  /** In a job with `measureFace`; null until it is measured */
  face?: FaceFacts | null;
  /** The content, if the request has `outputs=base64` */
  base64?: string | null;
}

/** A summary of a preset. */
export interface PresetFacts {
  name: string;
  summary: string;
  url: string;
}

/** The progress of a job; every snapshot is complete. */
export interface Progress {
  /** 0 to 1 */
  value: number;
  /** The number of nodes in `done` and `cached` */
  nodes_done: number;
  nodes_total: number;
  /** The nodes that have run, in order */
  done: string[];
  /** The nodes that do not run, because the engine has their outputs cached */
  cached: string[];
  /** The running node */
  node: string | null;
  class_type: string | null;
  step: number | null;
  steps: number | null;
}

/** Links of a job. */
export interface JobUrls {
  self: string;
  events: string;
}

/** What ComfyUI would answer to `POST /prompt`. */
export interface VerdictFacts {
  accepted: boolean;
  /** The type of ComfyUI's error, if it rejects the prompt */
  error: string | null;
  /** Types and inputs of ComfyUI's `node_errors`, by node id */
  nodes: Record<string, (Record<string, unknown>)[]>;
}

/** Why a job failed, in short form. */
export interface StatusError {
  code: string;
  message: string;
  node: string | null;
}

/** The data of a `status` event: the state of a job has changed. */
export interface StatusFacts {
  state: JobState;
  attempt: number;
  /** Whether someone has cancelled the job; by default false */
  cancel_requested?: boolean;
  /** The error, if the job failed */
  error?: StatusError | null;
}

/** The data of a `preview` event: a small preview of the picture in progress. */
export interface PreviewFacts {
  node: string | null;
  media_type: string;
  /** The picture in base64 */
  data: string;
}

/** The data of an `output` event: an output is committed. */
export interface OutputEventFacts {
  number: number;
  node: string;
  kind: "image" | "video" | "audio" | "text" | "3d" | "latent" | "file" | "unknown";
  media_type: string;
  name: string;
  /** In bytes */
  size: number;
  simulated: boolean;
  /** The id of its asset */
  id: string;
  /** blake3:… */
  hash: string;
  /** `output`, or `temp` for files that are only shown */
  folder: string;
}

/** The data of a `routed` event: a server with routes has handed the job to one. */
export interface RoutedFacts {
  route: string;
  reason: string;
  tried: string[];
  arm: string | null;
}
