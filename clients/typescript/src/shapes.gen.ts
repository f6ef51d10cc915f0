/* GENERATED from the server's OpenAPI document: do not edit. `npm run generate` writes it anew. */
import type { ErrorFacts, Problem as ProblemFacts } from "./errors.js";

/** One execution of a graph. */
export interface JobFacts {
  id: string;
  state: JobState;
  preset: string | null;
  /** The preset's, as they were used */
  parameters: Record<string, unknown>;
  seed: number | string | null;
  /** How many jobs are before it, while it waits */
  position: number | null;
  progress: Progress | null;
  attempt: number;
  cancel_requested: boolean;
  /** Where it was handed to, on servers with routes */
  attempts: (Record<string, unknown>)[];
  created_at: string;
  started_at: string | null;
  ended_at: string | null;
  /** queue_ms, cold_ms, execution_ms, load_ms, nodes (ms by node), gpu, cost_usd, if known */
  metrics: Record<string, unknown>;
  warnings: ProblemFacts[];
  outputs: OutputFacts[];
  error: ErrorFacts | null;
  urls: JobUrls;
}

/** Where a job is; `jobs.states.TRANSITIONS` says what follows what. */
export type JobState = "queued" | "running" | "succeeded" | "failed" | "cancelled";

/** What would become of a graph here. */
export interface JudgementFacts {
  /** What was sent, in words */
  kind: string;
  /** Which was read, of a file that has both */
  used: "prompt" | "workflow";
  /** Whether the graph has no error */
  valid: boolean;
  /** Whether this deployment would take it, its files apart */
  runs_here: boolean;
  verdict: VerdictFacts;
  problems: ProblemFacts[];
  left_out: LeftOutFacts[];
  /** Keys beside the graph that nothing is made of */
  unread: string[];
  /** The input files that came along */
  inputs: string[];
  /** What a run delivers at least, of a valid graph */
  outputs: (Record<string, unknown>)[];
  /** The estimate, of a valid graph: docs/plan.md */
  plan: Record<string, unknown> | null;
}

/** Something of a workflow of the editor that is not in the prompt. */
export interface LeftOutFacts {
  node: string;
  what: string;
  reason: string;
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
  /** The content, where `outputs=base64` asks for it */
  base64?: string | null;
}

/** A preset in short. */
export interface PresetFacts {
  name: string;
  summary: string;
  url: string;
}

/** How far a job is; every snapshot is complete. */
export interface Progress {
  /** 0 to 1 */
  value: number;
  nodes_done: number;
  nodes_total: number;
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
  /** The type of its error, where it does not accept the prompt */
  error: string | null;
  /** Types and inputs of its `node_errors`, by node id */
  nodes: Record<string, (Record<string, unknown>)[]>;
}
