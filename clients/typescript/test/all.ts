/** Runs every test file against one server, which takes a second to start. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { start } from "./server.js";

const folder = new URL(".", import.meta.url);
const files = (await readdir(folder)).filter((name) => name.endsWith(".test.js")).map((name) => fileURLToPath(new URL(name, folder)));
const server = await start(files);
try {
  const tests = spawn(process.execPath, ["--test", "--test-timeout=120000", ...files], {
    env: { ...process.env, RYLA_TESTS_SERVER: server.url },
    stdio: "inherit",
  });
  const [code] = (await once(tests, "exit")) as [number | null];
  process.exitCode = code ?? 1;
} finally {
  await server.stop();
}
