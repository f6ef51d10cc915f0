/** The server's OpenAPI document makes types that compile, with a name for each operation. */
import assert from "node:assert/strict";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import openapiTS, { astToString } from "openapi-typescript";
import ts from "typescript";
import { serve, type Served } from "./server.js";

let server: Served;
before(async () => {
  server = await serve();
});
after(() => server.stop());

const USE = `
import type { components, operations } from "./api.js";
type Json<N extends keyof operations, S extends number> = operations[N] extends { responses: Record<S, { content: { "application/json": infer T } }> } ? T : never;
const job: Json<"v2_get_job", 200> = null as unknown as components["schemas"]["V2Job"];
const page: Json<"list_jobs", 200>["jobs"][number]["seed_text"] = "7";
const seed: components["schemas"]["FluxDevParams"]["seed"] = "random";
const done: components["schemas"]["ProgressShape"]["done"] = [];
export { done, job, page, seed };
`;

test("openapi-typescript's types of the server compile", async () => {
  const document = await (await fetch(`${server.url}/openapi.json`)).text();
  const folder = await mkdtemp(join(tmpdir(), "ryla-openapi-"));
  await writeFile(join(folder, "api.ts"), astToString(await openapiTS(document)));
  await writeFile(join(folder, "use.ts"), USE);
  const options = { strict: true, noEmit: true, module: ts.ModuleKind.NodeNext, target: ts.ScriptTarget.ES2022, types: [] };
  const found = ts.getPreEmitDiagnostics(ts.createProgram([join(folder, "use.ts")], options));
  assert.deepEqual(found.map((each) => ts.flattenDiagnosticMessageText(each.messageText, "\n")), []);
});
