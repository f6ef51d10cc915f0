// JSON with integers that JavaScript's numbers would round: seeds have twenty digits.

/** JSON text; a BigInt is written as the number it is. */
export function encode(value) {
  if (typeof value === "bigint") return value.toString();
  if (Array.isArray(value)) return `[${value.map(encode).join(",")}]`;
  if (value !== null && typeof value === "object") {
    return `{${Object.entries(value).map(([name, each]) => `${JSON.stringify(name)}:${encode(each)}`).join(",")}}`;
  }
  return JSON.stringify(value);
}

/** Reads JSON; integers that JavaScript's numbers would round (seeds) become BigInt, where the browser can say so. */
export function decode(text) {
  return JSON.parse(text, (_, value, context) =>
    typeof value === "number" && !Number.isSafeInteger(value) && /^-?\d+$/.test(context?.source ?? "")
      ? BigInt(context.source)
      : value);
}
