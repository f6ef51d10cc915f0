/** What docs/typescript.md shows runs against a server, each piece as a program of its own. */
import assert from "node:assert/strict";
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import ts from "typescript";
import { serve, TOKEN, type Served } from "./server.js";

const PAGE = new URL("../../../../docs/typescript.md", import.meta.url);
let server: Served;
before(async () => {
  server = await serve();
});
after(() => server.stop());

test("the snippets run", async () => {
  const pieces = [...(await readFile(PAGE, "utf8")).matchAll(/^```ts\n(.*?)^```$/gms)].map((found) => found[1]!);
  assert.ok(pieces.length >= 5);
  const home = process.cwd();
  for (const [number, piece] of pieces.entries()) {
    const folder = await mkdtemp(join(tmpdir(), "ryla-snippet-"));
    const client = new URL("../src/index.js", import.meta.url).href;
    const source = piece.replace("@ryla/graphs", client).replace("http://127.0.0.1:8100", server.url).replace("a-token-of-yours", TOKEN);
    const options = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 };
    const path = join(folder, `snippet${number}.mjs`);
    await writeFile(path, ts.transpileModule(source, { compilerOptions: options }).outputText);
    process.chdir(folder);
    try {
      await import(pathToFileURL(path).href);
    } finally {
      process.chdir(home);
    }
  }
});
