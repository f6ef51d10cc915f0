import { RylaError, Unreachable } from "./errors.js";
import { pause, refusal, type Connection } from "./http.js";
import { parseJson } from "./json.js";
import type { OutputEventFacts, PreviewFacts, Progress, RoutedFacts, StatusFacts } from "./shapes.gen.js";

/** Something that happened to a job. `number` counts up in each job; previews have none. */
export type JobEvent =
  | { kind: "status"; number: number; data: StatusFacts }
  | { kind: "progress"; number: number; data: Progress }
  | { kind: "output"; number: number; data: OutputEventFacts }
  | { kind: "routed"; number: number; data: RoutedFacts }
  | { kind: "preview"; number: 0; data: PreviewFacts };

export const FINAL: ReadonlySet<string> = new Set(["succeeded", "failed", "cancelled"]);

/** A stream that says nothing for so long is broken: the server gives a sign of life every 15 seconds. */
const SILENCE_MS = 45_000;
const RECONNECTS = 10;

/** Whether nothing comes after an event. */
export function isFinal(event: JobEvent): boolean {
  return event.kind === "status" && FINAL.has(event.data.state);
}

/** The events of a job to its end. A stream that breaks is opened again; nothing comes twice, nothing is lost. */
export async function* follow(http: Connection, jobId: string, signal?: AbortSignal): AsyncGenerator<JobEvent> {
  let after = 0;
  let breaks = 0;
  for (;;) {
    try {
      for await (const event of stream(http, jobId, after, signal)) {
        if (event.number && event.number <= after) continue;
        after = event.number || after;
        breaks = 0;
        yield event;
        if (isFinal(event)) return;
      }
    } catch (error) {
      signal?.throwIfAborted();
      const again = error instanceof Unreachable || (error instanceof RylaError && [429, 503].includes(error.status ?? 0));
      if (!again || ++breaks > RECONNECTS) throw error;
      await pause(200 * breaks, signal);
    }
  }
}

async function* stream(http: Connection, jobId: string, after: number, signal?: AbortSignal): AsyncGenerator<JobEvent> {
  const stop = new AbortController();
  const onAbort = () => stop.abort(signal?.reason);
  signal?.addEventListener("abort", onAbort, { once: true });
  let silence = setTimeout(() => stop.abort(), SILENCE_MS);
  try {
    const headers = { Accept: "text/event-stream", ...(after ? { "Last-Event-ID": String(after) } : {}) };
    const response = await http.send("GET", `/jobs/${jobId}/events`, { headers, signal: stop.signal });
    if (!response.ok) throw await refusal(response);
    for await (const frame of frames(response)) {
      clearTimeout(silence);
      silence = setTimeout(() => stop.abort(), SILENCE_MS);
      const event = eventOf(frame);
      if (event) yield event;
    }
  } catch (cause) {
    if (cause instanceof RylaError || signal?.aborted) throw cause;
    throw new Unreachable({ code: "server_unreachable", message: "the stream of events broke off" }, { cause });
  } finally {
    clearTimeout(silence);
    signal?.removeEventListener("abort", onAbort);
    stop.abort();
  }
}

/** The blocks of a stream of server-sent events, each without the blank line that ends it. */
async function* frames(response: Response): AsyncGenerator<string> {
  if (!response.body) return;
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return; // a block without its end never arrived whole
    rest += decoder.decode(value, { stream: true });
    const blocks = rest.split(/\r?\n\r?\n/);
    rest = blocks.pop() ?? "";
    yield* blocks;
  }
}

function eventOf(frame: string): JobEvent | undefined {
  let kind = "message";
  let number = 0;
  const data: string[] = [];
  for (const line of frame.split(/\r?\n/)) {
    const colon = line.indexOf(":");
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (name === "event") kind = value;
    if (name === "id" && /^\d+$/.test(value)) number = Number(value);
    if (name === "data") data.push(value);
  }
  if (!data.length) return undefined;
  return { kind, number, data: parseJson(data.join("\n")) } as JobEvent;
}
