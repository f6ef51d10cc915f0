import { RylaError, Unreachable, errorOf, type ErrorFacts, type Problem } from "./errors.js";
import { parseJson, writeJson } from "./json.js";

export interface ConnectionOptions {
  /** Where the server is; by default `http://127.0.0.1:8100`. */
  baseUrl?: string | undefined;
  /** A bearer token of it. It is sent to this server only. */
  token?: string | undefined;
  /** Another `fetch`, for proxies and tests. */
  fetch?: typeof globalThis.fetch | undefined;
  /** How often a request is sent that the server had no room for or that did not get through; by default 6. */
  tries?: number | undefined;
  /** Milliseconds that one answer may take; by default two minutes. Events have their own limit. */
  timeoutMs?: number | undefined;
}

export interface CallOptions {
  headers?: Record<string, string>;
  json?: unknown;
  body?: BodyInit;
  signal?: AbortSignal | undefined;
  /** Whether sending it twice does no harm: GET, DELETE, and whatever has an idempotency key. */
  repeatable?: boolean;
  /** Milliseconds that the answer may take, where it is not the usual limit. */
  timeoutMs?: number;
}

const BUSY = new Set([429, 503]);
/** Codes with such a status that no retry helps against: the budget only returns on another day. */
const IN_VAIN = new Set(["over_budget"]);
const LONGEST_PAUSE_MS = 30_000;

/** Sends requests to one server: the token, retries, and answers that become errors. */
export class Connection {
  readonly baseUrl: string;
  readonly #token: string | undefined;
  readonly #fetch: typeof globalThis.fetch;
  readonly #tries: number;
  readonly #timeoutMs: number;

  constructor(options: ConnectionOptions = {}) {
    this.baseUrl = (options.baseUrl ?? "http://127.0.0.1:8100").replace(/\/+$/, "");
    this.#token = options.token;
    this.#fetch = options.fetch ?? ((...call) => globalThis.fetch(...call));
    this.#tries = Math.max(1, options.tries ?? 6);
    this.#timeoutMs = options.timeoutMs ?? 120_000;
  }

  /** The JSON of a good answer; whole numbers beyond 2^53 are text. */
  async json(method: string, path: string, options: CallOptions = {}): Promise<any> {
    return this.#patiently(method, path, options, async (response) => parsed(await response.text()));
  }

  /** The bytes of a good answer. */
  async bytes(path: string, options: CallOptions = {}): Promise<Uint8Array> {
    return this.#patiently("GET", path, options, async (response) => new Uint8Array(await response.arrayBuffer()));
  }

  /** One request, whose answer may be of any status; throws `Unreachable` where none comes. */
  async send(method: string, path: string, options: CallOptions): Promise<Response> {
    const url = new URL(path, `${this.baseUrl}/`);
    const headers: Record<string, string> = { ...options.headers };
    if (this.#token && url.origin === new URL(this.baseUrl).origin) headers["Authorization"] = `Bearer ${this.#token}`;
    const body = options.json === undefined ? options.body : writeJson(options.json);
    if (options.json !== undefined) headers["Content-Type"] = "application/json";
    try {
      return await this.#fetch(url, {
        method,
        headers,
        redirect: "manual",
        ...(body === undefined ? {} : { body }),
        ...(options.signal ? { signal: options.signal } : {}),
      });
    } catch (cause) {
      options.signal?.throwIfAborted();
      const message = `no ryla_graphs server answers at ${this.baseUrl}`;
      throw new Unreachable({ code: "server_unreachable", message }, { cause });
    }
  }

  async #patiently<T>(method: string, path: string, options: CallOptions, read: (r: Response) => Promise<T>): Promise<T> {
    const repeatable = options.repeatable ?? method !== "POST";
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#once(method, path, options, read);
      } catch (error) {
        const again = error instanceof Unreachable || (error instanceof RylaError && isBusy(error));
        if (!repeatable || !again || attempt >= this.#tries) throw error;
        await pause(pauseMs(attempt, error.retryAfter), options.signal);
      }
    }
  }

  async #once<T>(method: string, path: string, options: CallOptions, read: (r: Response) => Promise<T>): Promise<T> {
    const limit = options.timeoutMs ?? this.#timeoutMs;
    const late = Number.isFinite(limit) ? AbortSignal.timeout(limit) : new AbortController().signal;
    const signal = options.signal ? AbortSignal.any([options.signal, late]) : late;
    try {
      const response = await this.send(method, path, { ...options, signal });
      if (!response.ok) throw await refusal(response);
      return await read(response);
    } catch (cause) {
      options.signal?.throwIfAborted();
      if (cause instanceof RylaError) throw cause;
      const message = late.aborted
        ? `the server at ${this.baseUrl} took longer than ${limit} ms`
        : `the answer of ${this.baseUrl} broke off`;
      throw new Unreachable({ code: "server_unreachable", message }, { cause });
    }
  }
}

function isBusy(error: RylaError): boolean {
  return BUSY.has(error.status ?? 0) && !IN_VAIN.has(error.code);
}

/** The error that an answer tells. */
export async function refusal(response: Response): Promise<RylaError> {
  const text = await response.text().catch(() => "");
  const { status } = response;
  if (status < 400) {
    const to = response.headers.get("location") ?? "another address";
    return errorOf({ code: "redirected", status, message: `the server redirects to ${to}; use the final address instead` });
  }
  let facts: Partial<ErrorFacts> = {};
  try {
    facts = (parseJson(text) as { error?: Partial<ErrorFacts> }).error ?? {};
  } catch {
    // not JSON: a proxy answered
  }
  const seconds = Number(response.headers.get("retry-after") ?? NaN);
  return errorOf({
    status,
    code: facts.code ?? "unknown",
    message: facts.message ?? `the server answered ${status}`,
    problems: (facts.problems ?? []) as Problem[],
    retryAfter: Number.isFinite(seconds) ? seconds : undefined,
  });
}

function parsed(text: string): unknown {
  try {
    return parseJson(text);
  } catch (cause) {
    throw new Unreachable({ code: "bad_answer", message: "the answer is not whole JSON" }, { cause });
  }
}

function pauseMs(attempt: number, retryAfter: number | undefined): number {
  const own = 250 * 2 ** attempt * (0.75 + Math.random() / 2);
  return Math.min(LONGEST_PAUSE_MS, retryAfter === undefined ? own : retryAfter * 1000);
}

/** Wait; throws the signal's reason where it is aborted meanwhile. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, ms);
    signal?.addEventListener("abort", stop, { once: true });
  });
}
