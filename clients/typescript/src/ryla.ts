/** The two interfaces that RYLA's backend calls a runner by, on top of `Ryla`. Node only. */
import { Ryla } from "./client.js";
import { JobFailed, RylaError } from "./errors.js";
import type { FileInput } from "./files.js";
import type { ConnectionOptions } from "./http.js";
import type { Job } from "./job.js";
import type {
  BaseImagesParameters,
  CharacterSheetParameters,
  FaceSwapParameters,
  FluxDevParameters,
  FluxInstantidParameters,
  FluxLoraParameters,
} from "./presets.gen.js";

/** Pictures as Buffers, one call each. */
export class ModalClient {
  readonly ryla: Ryla;

  /** By default where `RYLA_URL` (and `RYLA_TOKEN`) of the environment say. */
  constructor(options: ConnectionOptions = fromEnvironment()) {
    this.ryla = new Ryla(options);
  }

  /** Throws `JobFailed`, `InvalidRequest`, `Unauthorized`, `Busy` or `Unreachable`. */
  async generateFluxDev(parameters: FluxDevParameters): Promise<Buffer> {
    return picture(await this.ryla.fluxDev(parameters));
  }

  async generateFluxInstantID(parameters: FluxInstantidParameters): Promise<Buffer> {
    return picture(await this.ryla.fluxInstantid(parameters));
  }

  async generateFluxLoRA(parameters: FluxLoraParameters): Promise<Buffer> {
    return picture(await this.ryla.fluxLora(parameters));
  }
}

export interface JobStatus {
  jobId: string;
  status: "queued" | "processing" | "completed" | "failed" | "cancelled";
  /** 0 to 1. */
  progress: number;
  images: { buffer: () => Promise<Buffer>; name: string; node: string }[];
  error?: { code: string; message: string; node?: string | undefined };
}

/** Jobs that are submitted now and asked for later. */
export class RylaJobRunner {
  readonly ryla: Ryla;

  constructor(options: ConnectionOptions = fromEnvironment()) {
    this.ryla = new Ryla(options);
  }

  /** Gives the job's id. The same `idempotencyKey` gives the same job. */
  async submitBaseImages(parameters: BaseImagesParameters, idempotencyKey?: string): Promise<string> {
    return (await this.ryla.submit("base-images", parameters, { idempotencyKey })).id;
  }

  async submitFaceSwap(parameters: FaceSwapParameters, idempotencyKey?: string): Promise<string> {
    return (await this.ryla.submit("face-swap", parameters, { idempotencyKey })).id;
  }

  async submitCharacterSheet(parameters: CharacterSheetParameters, idempotencyKey?: string): Promise<string> {
    return (await this.ryla.submit("character-sheet", parameters, { idempotencyKey })).id;
  }

  /** Throws `NotFound` for a job that is not there, or no longer. */
  async getJobStatus(jobId: string): Promise<JobStatus> {
    const job = await this.ryla.jobs.get(jobId);
    const status = { queued: "queued", running: "processing", succeeded: "completed", failed: "failed", cancelled: "cancelled" } as const;
    const { error } = job.facts;
    return {
      jobId,
      status: status[job.state],
      progress: job.state === "succeeded" ? 1 : (job.facts.progress?.value ?? 0),
      images: job.outputs.map((output) => ({
        buffer: async () => Buffer.from(await output.bytes()),
        name: output.name,
        node: output.node,
      })),
      ...(error ? { error: { code: error.code, message: error.message, node: error.node } } : {}),
    };
  }
}

function fromEnvironment(): ConnectionOptions {
  return { baseUrl: process.env["RYLA_URL"], token: process.env["RYLA_TOKEN"] };
}

async function picture(job: Job): Promise<Buffer> {
  const output = job.outputs.find((each) => each.facts.kind === "image");
  if (!output) throw new JobFailed(job.id, { code: "output_missing", message: `job ${job.id} made no picture` });
  return Buffer.from(await output.bytes());
}

export { RylaError, type FileInput };
