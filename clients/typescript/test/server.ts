/** The server that the tests run against: `RYLA_PYTHON -m ryla_graphs serve` on the simulator. */
import { spawn, type ChildProcess } from "node:child_process";
import { createServer } from "node:net";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";

/** Each test file is an owner of its own, so that all can share a server. */
export const tokenOf = (file: string) => `a-token-of-the-tests-only-${basename(file, ".test.js")}-0123456789`;
export const TOKEN = tokenOf(process.argv[1]!);
export const SECRET = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;

export interface Served {
  url: string;
  stop(): Promise<void>;
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const { port } = probe.address() as { port: number };
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

/** The server of all tests (see all.ts), or for a file that runs alone a new one. */
export async function serve(): Promise<Served> {
  const shared = process.env["RYLA_TESTS_SERVER"];
  return shared ? { url: shared, stop: async () => undefined } : start([process.argv[1]!]);
}

/** Start a server for these test files. */
export async function start(files: string[]): Promise<Served> {
  const folder = await mkdtemp(join(tmpdir(), "ryla-ts-"));
  const port = await freePort();
  const python = process.env["RYLA_PYTHON"] ?? "python3";
  const child = spawn(python, ["-m", "ryla_graphs", "serve", "--engine", "simulator", "--port", String(port), "--data-dir", folder], {
    env: { ...process.env, RYLA_TOKENS: files.map((file) => `${basename(file, ".test.js")}:${tokenOf(file)}`).join(","), RYLA_WEBHOOK_SECRET: SECRET },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let log = "";
  child.stderr!.on("data", (piece: Buffer) => (log += piece.toString()));
  const url = `http://127.0.0.1:${port}`;
  while (!(await fetch(`${url}/health`).then((r) => r.ok, () => false))) {
    if (child.exitCode !== null) throw new Error(`the server ended: ${log}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return {
    url,
    stop: async () => {
      await ended(child);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null) return resolve();
    child.once("exit", () => resolve());
    child.kill("SIGTERM");
  });
}
