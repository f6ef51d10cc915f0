import { RylaError } from "./errors.js";

/** The content of a file: bytes, a `Blob`, or a text that the server understands (data URL, https URL, asset id). */
export type FileInput = Uint8Array | ArrayBuffer | Blob | LocalFile | string;

/** A file on this machine, read when it is sent; Node only. */
export class LocalFile {
  constructor(readonly path: string) {}
}

/** A file on this machine: `referenceImage: file("me.png")`. */
export function file(path: string): LocalFile {
  return new LocalFile(path);
}

const STARTS: readonly (readonly [number, string, string])[] = [
  [0, "\u0089PNG", "image/png"],
  [0, "\u00ff\u00d8", "image/jpeg"],
  [0, "GIF8", "image/gif"],
  [8, "WEBP", "image/webp"],
  [8, "WAVE", "audio/wav"],
  [4, "ftyp", "video/mp4"],
  [0, "fLaC", "audio/flac"],
  [0, "ID3", "audio/mpeg"],
  [0, "OggS", "audio/ogg"],
  [0, "\u001aE\u00df\u00a3", "video/webm"],
];

/** The bytes of a file; undefined for a text, which is no content but a name or an address. */
export async function bytesOf(given: unknown): Promise<Uint8Array | undefined> {
  if (given instanceof Uint8Array) return given;
  if (given instanceof ArrayBuffer) return new Uint8Array(given);
  if (given instanceof Blob) return new Uint8Array(await given.arrayBuffer());
  if (given instanceof LocalFile) return readLocal(given.path);
  return undefined;
}

/** Parameters with every file in them as a data URL. */
export async function encoded(value: unknown): Promise<unknown> {
  const bytes = await bytesOf(value);
  if (bytes !== undefined) return dataUrl(bytes);
  if (Array.isArray(value)) return Promise.all(value.map(encoded));
  if (typeof value === "object" && value !== null) {
    const rows = await Promise.all(
      Object.entries(value)
        .filter(([, item]) => item !== undefined)
        .map(async ([key, item]) => [key, await encoded(item)] as const),
    );
    return Object.fromEntries(rows);
  }
  return value;
}

/** Bytes as a data URL. */
export function dataUrl(bytes: Uint8Array): string {
  const pieces: string[] = [];
  // Whole groups of three bytes, so that the pieces' base64 can be joined; few enough for one call.
  for (let at = 0; at < bytes.length; at += 24_573) {
    pieces.push(btoa(String.fromCharCode(...bytes.subarray(at, at + 24_573))));
  }
  return `data:${mediaType(bytes)};base64,${pieces.join("")}`;
}

/** What the first bytes of a file say that it is. */
export function mediaType(bytes: Uint8Array): string {
  const head = String.fromCharCode(...bytes.subarray(0, 16));
  return STARTS.find(([at, start]) => head.startsWith(start, at))?.[2] ?? "application/octet-stream";
}

/** The name of a file, where it has one. */
export function nameOf(given: FileInput): string | undefined {
  if (given instanceof LocalFile) return given.path.split(/[\\/]/).at(-1);
  return typeof File !== "undefined" && given instanceof File ? given.name : undefined;
}

async function readLocal(path: string): Promise<Uint8Array> {
  try {
    const { readFile } = await import("node:fs/promises");
    return new Uint8Array(await readFile(path));
  } catch (cause) {
    throw new RylaError({ code: "unreadable_file", message: `cannot read '${path}'` }, { cause });
  }
}
