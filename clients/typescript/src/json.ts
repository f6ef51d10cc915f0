/**
 * JSON with whole numbers that a double cannot hold. ComfyUI's seeds go up to 2^64-1, and `JSON.parse` would round them
 * to another seed, which is another picture.
 */

const LONG = /\d{16}/;
const TEXT_OR_LONG = /"(?:[^"\\]|\\.)*"|-?\d{16,}(?![\d.eE])/g;
const MARK = "\u0001ryla:";
const MARKED = /"\\u0001ryla:(-?\d+)"/g;

/** Parse JSON; whole numbers beyond 2^53 become text. Throws `SyntaxError`. */
export function parseJson(text: string): unknown {
  if (!LONG.test(text)) return JSON.parse(text);
  const kept = text.replace(TEXT_OR_LONG, (found) =>
    found.startsWith('"') || Number.isSafeInteger(Number(found)) ? found : `"${found}"`,
  );
  return JSON.parse(kept);
}

/** Write JSON; a `bigint` becomes a number with all its digits. */
export function writeJson(value: unknown): string {
  const text = JSON.stringify(value, (_key, item: unknown) => (typeof item === "bigint" ? `${MARK}${item}` : item));
  return text.replace(MARKED, "$1");
}
