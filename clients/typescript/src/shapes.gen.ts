/* GENERATED from the server's OpenAPI document: do not edit. `npm run generate` writes it again. */
import type { ErrorFacts, Problem as ProblemFacts } from "./errors.js";

/** One hand-over of a job to a route. */
export interface AttemptFacts {
  route: string;
  why: string;
  /** Seconds since 1970, as `ended` */
  started: number;
  ended: number | null;
  outcome: string;
  reason: string;
  /** Whether it may have run there */
  ran: boolean;
  cost_usd: number | null;
  /** Whether it may have cost money that is in no figure */
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

/** A wire from an output slot of one node into an input of another. */
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

/** How well a picture kept the person's face. What was not measured is null, which is not zero. */
export interface FaceFacts {
  /** `measured`; `small` and `profile` have numbers that say little, the others none */
  outcome: "measured" | "small" | "profile" | "no_face" | "no_reference_face" | "failed" | "dropped";
  /** Whether it counts as the same person */
  verified: boolean | null;
  /** How likely it is one person, of two equally likely stories: 0 to 1 */
  match: number | null;
  /** How many in a hundred pairs of photos of one person are at least this far apart: 50 is as good */
  consistency: number | null;
  distance: number | null;
  /** How many pairs of different people are this near */
  false_match_rate: number | null;
  /** How many the picture has; the nearest counts */
  faces: number;
  /** How many the reference has; its largest counts */
  reference_faces: number;
  model: string;
  /** Scores under different ids cannot be compared */
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

/** A file that a job was given. */
export interface InputFacts {
  /** What the graph and the parameters call it */
  name: string;
  /** blake3:… */
  hash: string;
  /** Where its content is; also what the next job may be given in the place of a file */
  url: string;
}

/** One execution of a graph. */
export interface JobFacts {
  id: string;
  state: JobState;
  preset: string | null;
  /** The preset's, as they were used */
  parameters: Record<string, unknown>;
  /** What it was submitted with, and can be found by */
  labels: Record<string, string>;
  seed: number | string | null;
  /** The seed with all its digits, which JavaScript's numbers have not */
  seed_text: string | null;
  /** How many jobs are before it, while it waits */
  position: number | null;
  progress: Progress | null;
  attempt: number;
  cancel_requested: boolean;
  /** Where it was handed to, on servers with routes */
  attempts: AttemptFacts[];
  created_at: string;
  started_at: string | null;
  ended_at: string | null;
  /** queue_ms, cold_ms, idle_ms, execution_ms, load_ms, nodes (ms by node), gpu, cost_usd, if known */
  metrics: Record<string, unknown>;
  warnings: ProblemFacts[];
  inputs: InputFacts[];
  outputs: OutputFacts[];
  error: ErrorFacts | null;
  urls: JobUrls;
}

/** Where a job is; `jobs.states.TRANSITIONS` says what follows what. */
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
  /** Its id as an asset */
  id: string;
  /** blake3:… */
  hash: string;
  /** `output`, or `temp` for what is only shown */
  folder: string;
  url: string;
  /** Of a job with `measureFace`: null until it is measured */
  face?: FaceFacts | null;
  /** The content, where `outputs=base64` asks for it */
  base64?: string | null;
}

/** A summary of a preset. */
export interface PresetFacts {
  name: string;
  summary: string;
  url: string;
}

/** How far a job is; every snapshot is complete. */
export interface Progress {
  /** 0 to 1 */
  value: number;
  /** How many are in `done` and `cached` */
  nodes_done: number;
  nodes_total: number;
  /** The nodes that have run, in their order */
  done: string[];
  /** The nodes that do not run, since the engine has what they gave before */
  cached: string[];
  /** The node at work */
  node: string | null;
  class_type: string | null;
  step: number | null;
  steps: number | null;
}

/** Where to go from a job. */
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

/** Why a job failed, in short. */
export interface StatusError {
  code: string;
  message: string;
  node: string | null;
}

/** What a `status` event says: a job has gone on. */
export interface StatusFacts {
  state: JobState;
  attempt: number;
  /** Somebody wants its end; by default false */
  cancel_requested?: boolean;
  /** Of a job that failed */
  error?: StatusError | null;
}

/** What a `preview` event says: a small picture of what is being made. */
export interface PreviewFacts {
  node: string | null;
  media_type: string;
  /** In base64 */
  data: string;
}

/** What an `output` event says: an output is committed. */
export interface OutputEventFacts {
  number: number;
  node: string;
  kind: "image" | "video" | "audio" | "text" | "3d" | "latent" | "file" | "unknown";
  media_type: string;
  name: string;
  /** In bytes */
  size: number;
  simulated: boolean;
  /** Its id as an asset */
  id: string;
  /** blake3:… */
  hash: string;
  /** `output`, or `temp` for what is only shown */
  folder: string;
}

/** What a `routed` event says: a server with routes has handed the job to one. */
export interface RoutedFacts {
  route: string;
  reason: string;
  tried: string[];
  arm: string | null;
}
