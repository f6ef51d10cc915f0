// A request with an opened graph as code: the file, and what was changed in it.

import { encode } from "./json.js";
import { isFile, python, quoted, typescript } from "./preset_code.js";
import { sentBy } from "./targets.js";

/** The changes by field; files that are sent along stand under the name that the graph has for them. */
function split(target, values) {
  const changes = Object.entries(values).filter(([, value]) => !isFile(value));
  const files = target.fields.filter((field) => isFile(values[field.name]))
    .map((field) => [field.initial ?? field.name, values[field.name].name]);
  return { changes, files };
}

export const OF_GRAPHS = {
  curl: (target, values, origin, secret) => {
    const { changes, files } = split(target, values);
    const { workflow } = sentBy(target, Object.fromEntries(changes));
    const inputs = Object.fromEntries(files.map(([name, file]) => [name, `data:…;base64,… (${file})`]));
    const changed = changes.length + files.length > 0;
    return [
      ...(files.length ? ["# put the files in as data URLs, or name https addresses or ids of assets"] : []),
      `curl ${origin}/workflow \\`,
      ...(secret ? ['  -H "Authorization: Bearer $RYLA_TOKEN" \\'] : []),
      "  -H 'Content-Type: application/json' \\",
      changed ? `  -d ${quoted(encode({ workflow, ...(files.length && { inputs }) }))} \\` : `  --data-binary @${quoted(target.name)} \\`,
      "  -OJ",
    ].join("\n");
  },
  Python: (target, values, origin, secret) => {
    const { changes, files } = split(target, values);
    const along = files.map(([name, file]) => `${JSON.stringify(name)}: Path(${JSON.stringify(file)})`).join(", ");
    return [
      ...(secret ? ["import os"] : []),
      ...(files.length ? ["from pathlib import Path"] : []),
      ...(secret || files.length ? [""] : []),
      "from ryla_graphs import RylaClient, Workflow",
      "",
      `workflow = Workflow.open(${JSON.stringify(target.name)})`,
      ...(changes.length ? ["workflow = workflow.set({",
        ...changes.map(([name, value]) => `    ${JSON.stringify(name)}: ${python(value)},`), "})"] : []),
      `with RylaClient("${origin}"${secret ? ', os.environ["RYLA_TOKEN"]' : ""}) as client:`,
      `    client.run(workflow${along && `, {${along}}`}).save(".")`,
    ].join("\n");
  },
  TypeScript: (target, values, origin, secret) => {
    const { changes, files } = split(target, values);
    const field = new Map(target.fields.map((each) => [each.name, each]));
    const along = files.map(([name, file]) => `${JSON.stringify(name)}: file(${JSON.stringify(file)})`).join(", ");
    return [
      'import { readFile } from "node:fs/promises";',
      `import { Ryla${files.length ? ", file" : ""} } from "@ryla/graphs";`,
      "",
      `const ryla = new Ryla({ baseUrl: "${origin}"${secret ? ", token: process.env.RYLA_TOKEN" : ""} });`,
      `const { prompt } = await ryla.graph(await readFile(${JSON.stringify(target.name)}));`,
      ...(changes.length ? ["const graph = prompt as Record<string, { inputs: Record<string, unknown> }>;"] : []),
      ...changes.map(([name, value]) =>
        `graph[${JSON.stringify(field.get(name).node)}]!.inputs[${JSON.stringify(field.get(name).input)}] = ${typescript(value)};`),
      `const job = await ryla.run(prompt${along && `, { inputs: { ${along} } }`});`,
      "await job.outputs[0]!.save(job.outputs[0]!.name);",
    ].join("\n");
  },
};
