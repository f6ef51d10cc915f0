// The request that the form stands for, as code: curl, Python, TypeScript.

import { token } from "./api.js";
import { html, useRef, useState } from "./html.js";
import { encode } from "./json.js";

const snake = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const camel = (name) => name.replace(/-(.)/g, (_, letter) => letter.toUpperCase());
const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

/** How a value is written in Python. Text as JSON writes it is Python, too. */
function python(value) {
  if (value === true) return "True";
  if (value === false) return "False";
  if (value === null) return "None";
  if (Array.isArray(value)) return `[${value.map(python).join(", ")}]`;
  if (typeof value === "object") {
    return `{${Object.entries(value).map(([name, each]) => `${JSON.stringify(name)}: ${python(each)}`).join(", ")}}`;
  }
  return encode(value);
}

function typescript(value) {
  return typeof value === "bigint" ? `${value}n` : encode(value);
}

const isFile = (value) => value instanceof Placeholder;

/** Stands for a file that is sent along: too large to be shown. */
export class Placeholder {
  constructor(name) { this.name = name; }
}

const LANGUAGES = {
  curl: (preset, body, origin, secret) => {
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
  Python: (preset, body, origin, secret) => {
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
  TypeScript: (preset, body, origin, secret) => {
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

export function Code({ preset, body }) {
  const names = Object.keys(LANGUAGES);
  const [chosen, choose] = useState(names[0]);
  const [copied, setCopied] = useState(false);
  const tabs = useRef();
  const text = LANGUAGES[chosen](preset, body, location.origin, Boolean(token.get()));
  const keys = (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const next = (names.indexOf(chosen) + step + names.length) % names.length;
    choose(names[next]);
    tabs.current.children[next].focus();
  };
  const copy = async () => {
    await navigator.clipboard?.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), 1500);
  };
  return html`
    <section class="card" aria-labelledby="code-title">
      <header><h2 id="code-title">Code</h2>
        <div role="tablist" aria-label="Language" ref=${tabs} onKeyDown=${keys}>${names.map((name) => html`
          <button type="button" role="tab" key=${name} id=${`tab-${name}`} aria-selected=${name === chosen} aria-controls="code-panel"
            tabindex=${name === chosen ? 0 : -1} onClick=${() => choose(name)}>${name}</button>`)}</div>
        <span class="space"></span>
        ${navigator.clipboard && html`<button type="button" class="quiet" onClick=${copy}>${copied ? "Copied" : "Copy"}</button>`}
      </header>
      <pre id="code-panel" role="tabpanel" tabindex="0" aria-labelledby=${`tab-${chosen}`}><code>${text}</code></pre>
    </section>`;
}
