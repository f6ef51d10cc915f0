/** One thing that is wrong, as the server says it. Unknown facts are left out. */
export interface Problem {
  code: string;
  message: string;
  level: "error" | "warning" | "note";
  tier: number;
  node?: string;
  class_type?: string;
  input?: string;
  parameter?: string;
  field?: string;
  file?: string;
  given?: unknown;
  expected?: string;
  hint?: string;
  [more: string]: unknown;
}

/** What every error of a server carries. `docs/errors.md` of ryla_graphs lists the codes. */
export interface ErrorFacts {
  code: string;
  message: string;
  status?: number | undefined;
  problems?: Problem[] | undefined;
  node?: string | undefined;
  class_type?: string | undefined;
  /** Seconds after which the server wants to be asked again. */
  retryAfter?: number | undefined;
}

/** The base of all errors of this package. */
export class RylaError extends Error {
  readonly code: string;
  readonly status: number | undefined;
  readonly problems: readonly Problem[];
  readonly retryAfter: number | undefined;

  constructor(facts: ErrorFacts, options?: { cause?: unknown }) {
    super(describe(facts), options);
    this.name = new.target.name;
    this.code = facts.code;
    this.status = facts.status;
    this.problems = facts.problems ?? [];
    this.retryAfter = facts.retryAfter;
  }
}

/** The parameters of a preset, or the graph, have problems: `problems` holds all of them. */
export class InvalidRequest extends RylaError {}
/** The token is missing or wrong. */
export class Unauthorized extends RylaError {}
/** There is no such job, preset, file or LoRA. */
export class NotFound extends RylaError {}
/** The server has no room now; retrying later is right. */
export class Busy extends RylaError {}
/** No answer, a broken one, or one that is none of a ryla_graphs server. */
export class Unreachable extends RylaError {}
/** The job failed or was cancelled. */
export class JobFailed extends RylaError {
  readonly jobId: string;
  readonly node: string | undefined;
  readonly classType: string | undefined;

  constructor(jobId: string, facts: ErrorFacts) {
    super(facts);
    this.jobId = jobId;
    this.node = facts.node;
    this.classType = facts.class_type;
  }
}

/** The error for an answer that is no success. */
export function errorOf(facts: ErrorFacts & { status: number }): RylaError {
  const { status } = facts;
  if (status === 401 || status === 403) return new Unauthorized(facts);
  if (status === 404 || status === 410) return new NotFound(facts);
  if (status === 429 || status === 503) return new Busy(facts);
  if (status === 400 || status === 409 || status === 413 || status === 415 || status === 422) return new InvalidRequest(facts);
  return new RylaError(facts);
}

function describe(facts: ErrorFacts): string {
  const lines = (facts.problems ?? []).map((problem) => {
    const where = problem.parameter ?? problem.field ?? problem.file ?? [problem.node, problem.input].filter(Boolean).join(".");
    return `  ${where ? `${where}: ` : ""}${problem.message}${problem.hint ? ` (${problem.hint})` : ""}`;
  });
  return [facts.message, ...lines].join("\n");
}
