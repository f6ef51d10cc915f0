// A request to a preset as code: curl, Python, TypeScript.

import { encode } from "./json.js";

const snake = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const camel = (name) => name.replace(/-(.)/g, (_, letter) => letter.toUpperCase());
export const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

/** How a value is written in Python. Text as JSON writes it is Python, too. */
export function python(value) {
  if (value === true) return "True";
  if (value === false) return "False";
  if (value === null) return "None";
  if (Array.isArray(value)) return `[${value.map(python).join(", ")}]`;
  if (typeof value === "object") {
    return `{${Object.entries(value).map(([name, each]) => `${JSON.stringify(name)}: ${python(each)}`).join(", ")}}`;
  }
  return encode(value);
}

export function typescript(value) {
  return typeof value === "bigint" ? `${value}n` : encode(value);
}

export const isFile = (value) => value instanceof Placeholder;

/** Stands for a file that is sent along: too large to be shown. */
export class Placeholder {
  constructor(name) { this.name = name; }
}

/** Each language by its name: code for a body, the server's address, and whether it asks for a token. */
export const OF_PRESETS = {
  curl: ({ preset }, body, origin, secret) => {
    const files = Object.values(body).filter(isFile);
    const plain = Object.fromEntries(Object.entries(body).map(([name, value]) =>
      [name, isFile(value) ? `data:…;base64,… (${value.name})` : value]));
    return [
      ...(files.length ? ["# put the files in as data URLs, or name https addresses or ids of assets"] : []),
      `curl ${origin}/${preset} \\`,
      ...(secret ? ['  -H "Authorization: Bearer $RYLA_TOKEN" \\'] : []),
      "  -H 'Content-Type: application/json' \\",
      `  -d ${quoted(encode(plain))} \\`,
      "  -OJ",
    ].join("\n");
  },
  Python: ({ preset }, body, origin, secret) => {
    const files = Object.values(body).some(isFile);
    const given = Object.entries(body).map(([name, value]) =>
      `        ${snake(name)}=${isFile(value) ? `Path(${JSON.stringify(value.name)})` : python(value)},`);
    return [
      ...(secret ? ["import os"] : []),
      ...(files ? ["from pathlib import Path"] : []),
      ...(secret || files ? [""] : []),
      "from ryla_graphs import RylaClient",
      "",
      `with RylaClient("${origin}"${secret ? ', os.environ["RYLA_TOKEN"]' : ""}) as client:`,
      `    job = client.${preset.replaceAll("-", "_")}(`,
      ...given,
      "    )",
      '    job.save(".")',
    ].join("\n");
  },
  TypeScript: ({ preset }, body, origin, secret) => {
    const files = Object.values(body).some(isFile);
    const given = Object.entries(body).map(([name, value]) =>
      `  ${name}: ${isFile(value) ? `file(${JSON.stringify(value.name)})` : typescript(value)},`);
    return [
      `import { Ryla${files ? ", file" : ""} } from "@ryla/graphs";`,
      "",
      `const ryla = new Ryla({ baseUrl: "${origin}"${secret ? ", token: process.env.RYLA_TOKEN" : ""} });`,
      `const job = await ryla.${camel(preset)}({`,
      ...given,
      "});",
      "await job.outputs[0]!.save(job.outputs[0]!.name);",
    ].join("\n");
  },
};
