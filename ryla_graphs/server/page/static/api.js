// Talks to the server: the token, errors, event streams and files have one owner here.

import { decode, encode } from "./json.js";

/** What any file is sent as: a server knows pictures and videos by how they begin. */
export const AS_JSON = "application/json";
const TOKEN = "ryla-token";

export class Failure extends Error {
  /** What the server said is wrong: `code` for programs, `problems` with the parameter or node of each. */
  constructor(code, message, status = 0, problems = []) {
    super(message);
    this.code = code;
    this.status = status;
    this.problems = problems;
  }
}

/** Calls `act` wherever the server refuses the token, whatever asked for something. */
export const onLocked = { act: () => {} };

export const token = {
  get: () => sessionStorage.getItem(TOKEN) ?? "",
  set: (text) => (text ? sessionStorage.setItem(TOKEN, text) : sessionStorage.removeItem(TOKEN)),
};

export async function request(path, { method = "GET", body, headers = {}, signal } = {}) {
  const known = token.get();
  const all = { ...(known && { Authorization: `Bearer ${known}` }), ...headers };
  if (body !== undefined && !(body instanceof Blob)) {
    body = encode(body);
    all["Content-Type"] = AS_JSON;
  }
  let answer;
  try {
    answer = await fetch(path, { method, body, headers: all, signal });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Failure("unreachable", "the server cannot be reached");
  }
  if (answer.ok) return answer;
  const said = await answer.json().catch(() => null);
  const error = said?.error ?? {};
  const message = error.message ?? `the server answered ${answer.status}`;
  const failure = new Failure(error.code ?? "unknown", message, answer.status, error.problems ?? []);
  if (answer.status === 401) onLocked.act();
  failure.wait = Number(answer.headers.get("Retry-After")) || 0;
  throw failure;
}

export const json = async (path, options) => decode(await (await request(path, options)).text());

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const randomKey = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

const megabytes = (body) => Math.ceil((body instanceof Blob ? body.size : encode(body).length) / 1e6);

/** Queue a job. Sent again with the same key where the answer was lost, so that nothing is paid for twice. */
export async function submit(path, body) {
  const headers = { "Idempotency-Key": randomKey(), Prefer: "respond-async, previews" };
  if (body instanceof Blob) headers["Content-Type"] = AS_JSON;
  for (let attempt = 1; ; attempt++) {
    try {
      return await json(path, { method: "POST", body, headers });
    } catch (failure) {
      if (failure.code !== "unreachable") throw failure;
      if (attempt === 6) throw megabytes(body) < 8 ? failure : new Failure("unreachable", `${failure.message}, or does not take ${megabytes(body)} MB`);
      await pause(200 * 2 ** attempt);
    }
  }
}

/** Frames of an event stream, read with `fetch` since `EventSource` sends no token. */
async function* frames(path, last, signal, opened) {
  const headers = { Accept: "text/event-stream", ...(last && { "Last-Event-ID": last }) };
  const answer = await request(path, { headers, signal });
  opened();
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const parts = (rest + value).split("\n\n");
    rest = parts.pop();
    for (const part of parts) {
      const frame = {};
      for (const line of part.split("\n")) {
        const colon = line.indexOf(": ");
        if (colon > 0) frame[line.slice(0, colon)] = line.slice(colon + 2);
      }
      if (frame.event) yield { id: frame.id, kind: frame.event, data: decode(frame.data) };
    }
  }
}

export const ENDED = new Set(["succeeded", "failed", "cancelled"]);

/** Events of a job until it ends; a stream that is cut goes on where it was. `cut(true)` while there is none. */
export async function* events(id, signal, cut) {
  let last;
  for (let attempt = 0; ; attempt++) {
    const opened = () => {
      attempt = 0;
      cut(false);
    };
    try {
      for await (const event of frames(`/jobs/${id}/events`, last, signal, opened)) {
        last = event.id ?? last;
        yield event;
        if (event.kind === "status" && ENDED.has(event.data.state)) return;
      }
    } catch (failure) {
      if (signal.aborted || [401, 403, 404].includes(failure.status)) throw failure;
      cut(true);
    }
    await pause(Math.min(5000, 200 * 2 ** attempt));
    if (signal.aborted) return;
  }
}

const held = new Map();

/** The address of a file of the server as a `blob:`, which an <img> can show though it needs a token. */
export function blobOf(url) {
  if (!held.has(url)) {
    const made = request(url).then((answer) => answer.blob()).then((blob) => URL.createObjectURL(blob));
    made.catch(() => held.delete(url));
    held.set(url, made);
  }
  return held.get(url);
}
