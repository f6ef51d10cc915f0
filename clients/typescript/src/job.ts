import { JobFailed, type ErrorFacts } from "./errors.js";
import { FINAL, follow, type JobEvent } from "./events.js";
import type { Connection } from "./http.js";
import type { JobFacts, OutputFacts } from "./shapes.gen.js";

/** How a picture is to come; what is left out stays as it is. */
export interface PictureOptions {
  format?: "png" | "webp" | "jpeg" | undefined;
  /** Of JPEG and WebP, 1 to 100. */
  quality?: number | undefined;
  /** The most that it is wide, in pixels. */
  width?: number | undefined;
}

/** A file that a job made. */
export class Output {
  constructor(
    readonly http: Connection,
    readonly facts: OutputFacts,
  ) {}

  get name(): string {
    return this.facts.name;
  }

  /** The node that made it. */
  get node(): string {
    return this.facts.node;
  }

  get mediaType(): string {
    return this.facts.media_type;
  }

  /** The content; of a picture in another format or smaller, where that is asked for. */
  async bytes(options: PictureOptions & { signal?: AbortSignal } = {}): Promise<Uint8Array> {
    const query = new URLSearchParams();
    if (options.format) query.set("format", options.format);
    if (options.quality) query.set("quality", String(options.quality));
    if (options.width) query.set("w", String(options.width));
    return this.http.bytes(query.size ? `${this.facts.url}?${query}` : this.facts.url, { signal: options.signal });
  }

  async blob(options: { signal?: AbortSignal } = {}): Promise<Blob> {
    return new Blob([(await this.bytes(options)) as BlobPart], { type: this.mediaType });
  }

  /** Write it to a file or into a folder that is there; nothing is overwritten. Node only. Gives the path. */
  async save(path: string, options: { signal?: AbortSignal } = {}): Promise<string> {
    const [{ stat, writeFile }, { basename, extname, join }] = await Promise.all([import("node:fs/promises"), import("node:path")]);
    const inFolder = await stat(path).then((found) => found.isDirectory(), () => false);
    const wanted = inFolder ? join(path, basename(this.name.replaceAll("\\", "/"))) : path;
    const content = await this.bytes(options);
    const end = extname(wanted);
    for (let number = 1; ; number++) {
      const free = number === 1 ? wanted : `${wanted.slice(0, wanted.length - end.length)}-${number}${end}`;
      try {
        await writeFile(free, content, { flag: "wx" });
        return free;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      }
    }
  }
}

/** A job on the server, as it was when it was last looked at. */
export class Job {
  constructor(
    readonly http: Connection,
    public facts: JobFacts,
  ) {}

  /** Finds it again: `ryla.jobs.get(id)`. */
  get id(): string {
    return this.facts.id;
  }

  get state(): JobFacts["state"] {
    return this.facts.state;
  }

  get ended(): boolean {
    return FINAL.has(this.state);
  }

  /** The seed with all its digits, the drawn one where none was given; null where the graph has none. */
  get seed(): string | null {
    return this.facts.seed_text;
  }

  get outputs(): Output[] {
    return this.facts.outputs.map((facts) => new Output(this.http, facts));
  }

  /** Look at it again. */
  async refresh(options: { signal?: AbortSignal | undefined } = {}): Promise<this> {
    this.facts = (await this.http.json("GET", `/jobs/${this.id}`, options)) as JobFacts;
    return this;
  }

  /** Ask for its end. A job that has ended stays as it is. */
  async cancel(options: { signal?: AbortSignal | undefined } = {}): Promise<this> {
    this.facts = (await this.http.json("DELETE", `/jobs/${this.id}`, options)) as JobFacts;
    return this;
  }

  /** What happens until its end. Streams that are cut are resumed; nothing is lost and nothing comes twice. */
  events(options: { signal?: AbortSignal | undefined } = {}): AsyncGenerator<JobEvent> {
    return follow(this.http, this.id, options.signal);
  }

  /** Wait for its end. Throws `JobFailed` unless it succeeded. */
  async result(options: { signal?: AbortSignal | undefined; onEvent?: ((event: JobEvent) => void) | undefined } = {}): Promise<this> {
    if (!this.ended) {
      for await (const event of this.events(options)) options.onEvent?.(event);
      await this.refresh(options);
    }
    if (this.state !== "succeeded") {
      const cancelled = { code: "cancelled", message: `job ${this.id} was cancelled` };
      throw new JobFailed(this.id, (this.facts.error as ErrorFacts | null) ?? cancelled);
    }
    return this;
  }
}
