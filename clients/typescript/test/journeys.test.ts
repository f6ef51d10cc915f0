import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { mkdtemp, readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Busy, file, InvalidRequest, InvalidWebhook, isFinal, JobFailed, NotFound, Ryla, RylaError, Unauthorized, Unreachable, verifyWebhook } from "../src/index.js";
import { documentAt, presets, shapes } from "../src/generate.js";
import { ModalClient, RylaJobRunner } from "../src/ryla.js";
import { application } from "../examples/nest/app.js";
import { proxy } from "./proxy.js";
import { SECRET, serve, TOKEN, type Served } from "./server.js";

const SMALL = { width: 64, height: 64, steps: 3 };
const GRAPH = {
  "1": { class_type: "EmptyImage", inputs: { width: 64, height: 64, batch_size: 1, color: 255 } },
  "2": { class_type: "SaveImage", inputs: { images: ["1", 0], filename_prefix: "ts" } },
};
let server: Served;
let ryla: Ryla;

before(async () => {
  server = await serve();
  ryla = new Ryla({ baseUrl: server.url, token: TOKEN });
});
after(() => server.stop());

const isPng = (bytes: Uint8Array) => Buffer.from(bytes.subarray(1, 4)).toString() === "PNG";

test("a preset gives a picture, its seed and a file", async () => {
  const job = await ryla.fluxDev({ prompt: "a red bicycle", ...SMALL, seed: 7 });
  assert.equal(job.state, "succeeded");
  assert.equal(job.seed, "7");
  const output = job.outputs[0]!;
  assert.ok(isPng(await output.bytes()));
  const folder = await mkdtemp(join(tmpdir(), "ryla-out-"));
  const first = await output.save(folder);
  const second = await output.save(folder);
  assert.notEqual(first, second);
  assert.ok(isPng(await readFile(second)));
});

test("a seed beyond 2^53 keeps all its digits, there and back", async () => {
  const job = await ryla.fluxDev({ prompt: "a", ...SMALL, seed: 18446744073709551615n });
  assert.equal(job.seed, "18446744073709551615");
  assert.equal((await ryla.jobs.get(job.id)).facts.parameters["seed"], "18446744073709551615");
});

test("pictures go along as bytes, as a Blob and by path", async () => {
  const picture = await (await ryla.fluxDev({ prompt: "a face", ...SMALL })).outputs[0]!.bytes();
  const folder = await mkdtemp(join(tmpdir(), "ryla-in-"));
  const path = await (await ryla.fluxDev({ prompt: "a face", ...SMALL })).outputs[0]!.save(folder);
  for (const referenceImage of [picture, new Blob([picture as BlobPart]), file(path)]) {
    const job = await ryla.fluxInstantid({ prompt: "a knight", referenceImage, ...SMALL });
    assert.equal(job.state, "succeeded");
  }
});

test("a graph runs with its input files", async () => {
  const picture = await (await ryla.run(GRAPH)).outputs[0]!.bytes();
  const loading = {
    "1": { class_type: "LoadImage", inputs: { image: "me.png" } },
    "2": { class_type: "SaveImage", inputs: { images: ["1", 0], filename_prefix: "ts" } },
  };
  const job = await ryla.run(loading, { inputs: { "me.png": picture } });
  assert.equal(job.outputs[0]!.node, "2");
  const judgement = await ryla.validate({ "1": { class_type: "SaveImage", inputs: {} } });
  assert.equal(judgement.valid, false);
});

test("a graph is drawn before it is run, a preset without its files", async () => {
  const drawn = await ryla.graph(GRAPH);
  assert.deepEqual(drawn.drawing?.links.map((link) => [link.source, link.target, link.input]), [["1", "2", "images"]]);
  assert.ok(drawn.valid && drawn.runs_here);
  const preset = await ryla.graph("flux-instantid", { prompt: "a knight" });
  assert.ok(preset.drawing!.nodes.some((node) => node.class_type === "LoadImage"));
  assert.equal((await ryla.graph({ "1": { class_type: "SaveImage", inputs: {} } })).valid, false);
});

test("previews, labels, chosen outputs and small pictures come as asked for", async () => {
  const kinds = new Set<string>();
  const labels = { campaign: `c${Date.now()}` };
  const job = await ryla.fluxDev(
    { prompt: "a", ...SMALL, seed: "random" },
    { previews: true, labels, onEvent: (event) => kinds.add(event.kind) },
  );
  assert.ok(kinds.has("progress"));
  assert.deepEqual((await ryla.jobs.list({ preset: "flux-dev", labels })).map((each) => each.id), [job.id]);
  assert.deepEqual(await ryla.jobs.list({ labels, since: new Date(Date.now() + 3_600_000) }), []);
  const small = await job.outputs[0]!.bytes({ format: "webp", width: 16 });
  assert.equal(Buffer.from(small.subarray(8, 12)).toString(), "WEBP");
  const two = { ...GRAPH, "3": GRAPH["2"] };
  assert.deepEqual((await ryla.run(two, { outputs: ["3"] })).outputs.map((output) => output.node), ["3"]);
});

test("events end with the last state, and none comes twice", async () => {
  const job = await ryla.submit("flux-dev", { prompt: "a", ...SMALL });
  const numbers: number[] = [];
  let last;
  for await (const event of job.events()) {
    if (event.number) numbers.push(event.number);
    last = event;
  }
  assert.ok(last && isFinal(last));
  assert.deepEqual(numbers, [...new Set(numbers)].sort((a, b) => a - b));
});

test("streams that are cut all the time lose nothing", async () => {
  const between = await proxy(server.url, undefined, 150);
  try {
    const cut = new Ryla({ baseUrl: between.url, token: TOKEN });
    const jobs = await Promise.all(Array.from({ length: 4 }, () => cut.submit("flux-dev", { prompt: "a", ...SMALL })));
    for (const job of jobs) {
      const kinds: string[] = [];
      for await (const event of job.events()) kinds.push(event.kind);
      assert.ok(kinds.includes("output"));
      assert.equal((await job.refresh()).state, "succeeded");
    }
  } finally {
    await between.stop();
  }
});

test("busy servers and answers that are lost are asked again, and make one job", async () => {
  let lost = 0;
  const between = await proxy(server.url, (request, response, number) => {
    if (request.method !== "POST") return false;
    if (number <= 2) {
      response.writeHead(number === 1 ? 429 : 503, { "Retry-After": "0", "Content-Type": "text/html" }).end("<h1>busy</h1>");
      return true;
    }
    if (number === 3) {
      // The request arrives, the answer does not.
      lost += 1;
      const headers = { "Content-Type": "application/json", "Idempotency-Key": String(request.headers["idempotency-key"]), Prefer: "respond-async", Authorization: `Bearer ${TOKEN}` };
      const pieces: Buffer[] = [];
      request.on("data", (piece: Buffer) => pieces.push(piece));
      request.on("end", () => void fetch(`${server.url}${request.url}`, { method: "POST", headers, body: Buffer.concat(pieces) }).then(() => response.destroy()));
      return true;
    }
    return false;
  });
  try {
    const before = (await ryla.jobs.list({ limit: 500 })).length;
    const job = await new Ryla({ baseUrl: between.url, token: TOKEN }).fluxDev({ prompt: "once", ...SMALL });
    assert.equal(job.state, "succeeded");
    assert.equal(lost, 1);
    assert.equal((await ryla.jobs.list({ limit: 500 })).length, before + 1);
  } finally {
    await between.stop();
  }
});

test("a spent budget is asked once", async () => {
  let asked = 0;
  const between = await proxy(server.url, (request, response) => {
    if (request.method !== "POST") return false;
    asked += 1;
    const body = JSON.stringify({ error: { code: "over_budget", message: "nothing is left", problems: [] } });
    response.writeHead(429, { "Retry-After": "0", "Content-Type": "application/json" }).end(body);
    return true;
  });
  try {
    const call = new Ryla({ baseUrl: between.url, token: TOKEN }).fluxDev({ prompt: "a", ...SMALL });
    await assert.rejects(call, (error: RylaError) => error.code === "over_budget");
    assert.equal(asked, 1);
  } finally {
    await between.stop();
  }
});

test("a picture is uploaded once for several jobs", async () => {
  const png = await (await ryla.fluxDev({ prompt: "a", ...SMALL })).outputs[0]!.bytes();
  const id = await ryla.upload(png, "me.png");
  for (const seed of [1, 2]) {
    const job = await ryla.fluxImg2img({ prompt: "a knight", baseImage: id, megapixels: 0.1, steps: 2, seed });
    assert.equal(job.state, "succeeded");
  }
  await assert.rejects(ryla.upload("https://a.example/x.png"), RylaError);
});

test("mistakes are errors that say what is wrong", async () => {
  const wrong = await ryla.submit("flux-dev", { prompt: "a", steps: 203 }).catch((error: unknown) => error);
  assert.ok(wrong instanceof InvalidRequest);
  assert.equal(wrong.problems[0]?.parameter, "steps");
  assert.match(wrong.message, /203/);
  await assert.rejects(ryla.jobs.get("00000000-0000-4000-8000-000000000000"), NotFound);
  await assert.rejects(ryla.submit("no-such-preset", {}), NotFound);
  await assert.rejects(new Ryla({ baseUrl: server.url, token: "wrong" }).presets.list(), Unauthorized);
  await assert.rejects(new Ryla({ baseUrl: "http://127.0.0.1:9", tries: 1 }).presets.list(), Unreachable);
  await assert.rejects(ryla.loras.add("x.safetensors", new Uint8Array([1, 2, 3])), RylaError);
});

test("an answer that is no JSON, and one of a server that stays busy, are reported", async () => {
  const liar = createServer((request, response) => {
    if (request.url === "/jobs/busy") response.writeHead(503).end();
    else response.writeHead(200, { "Content-Type": "text/html" }).end("<html>");
  });
  await new Promise<void>((resolve) => liar.listen(0, "127.0.0.1", resolve));
  const client = new Ryla({ baseUrl: `http://127.0.0.1:${(liar.address() as { port: number }).port}`, tries: 1 });
  await assert.rejects(client.presets.list(), Unreachable);
  await assert.rejects(client.jobs.get("busy"), Busy);
  liar.close();
});

test("a caller can hang up, and can cancel", async () => {
  const hangUp = new AbortController();
  hangUp.abort();
  await assert.rejects(ryla.fluxDev({ prompt: "a", ...SMALL }, { signal: hangUp.signal }), { name: "AbortError" });
  const job = await ryla.submit("flux-dev", { prompt: "a", ...SMALL });
  await job.result();
  assert.equal((await job.cancel()).state, "succeeded");
});

test("a job that fails names its node", async () => {
  const text = { "1": { class_type: "LoadImage", inputs: { image: "none.png" } }, "2": { class_type: "SaveImage", inputs: { images: ["1", 0], filename_prefix: "x" } } };
  const failed = await ryla.run(text).catch((error: unknown) => error);
  assert.ok(failed instanceof JobFailed || failed instanceof InvalidRequest);
});

test("a webhook is believed only with its signature", async () => {
  const body = JSON.stringify({ type: "job.succeeded", data: { id: "x", seed: 1 } });
  const now = Math.floor(Date.now() / 1000);
  const sign = (timestamp: number) =>
    `v1,${createHmac("sha256", Buffer.from(SECRET.slice(6), "base64")).update(`msg_1.${timestamp}.${body}`).digest("base64")}`;
  const headers = { "Webhook-Id": "msg_1", "webhook-timestamp": String(now), "webhook-signature": `v1,AAAA ${sign(now)}` };
  assert.equal((await verifyWebhook(headers, body, SECRET)).data.id, "x");
  await assert.rejects(verifyWebhook(headers, body.replace("x", "y"), SECRET), InvalidWebhook);
  await assert.rejects(verifyWebhook({ ...headers, "webhook-timestamp": String(now - 900), "webhook-signature": sign(now - 900) }, body, SECRET), InvalidWebhook);
  await assert.rejects(verifyWebhook({}, body, SECRET), InvalidWebhook);
});

test("RYLA's runners give Buffers and states", async () => {
  const runner = { baseUrl: server.url, token: TOKEN };
  const picture = await new ModalClient(runner).generateFluxDev({ prompt: "a", ...SMALL });
  assert.ok(Buffer.isBuffer(picture) && isPng(picture));
  const jobs = new RylaJobRunner(runner);
  const key = crypto.randomUUID();
  const id = await jobs.submitBaseImages({ prompt: "a person", ...SMALL }, key);
  assert.equal(await jobs.submitBaseImages({ prompt: "a person", ...SMALL }, key), id);
  await (await ryla.jobs.get(id)).result();
  const status = await jobs.getJobStatus(id);
  assert.equal(status.status, "completed");
  assert.ok(isPng(await status.images[0]!.buffer()));
});

test("the NestJS example submits, follows and fetches", async () => {
  const app = await application(server.url, TOKEN);
  try {
    await app.listen(0, "127.0.0.1");
    const url = await app.getUrl();
    const post = (body: object) => fetch(`${url}/pictures`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
    const { id } = (await (await post({ prompt: "a", ...SMALL })).json()) as { id: string };
    const events = await (await fetch(`${url}/pictures/${id}/events`)).text();
    assert.match(events, /event: status/);
    assert.ok(isPng(new Uint8Array(await (await fetch(`${url}/pictures/${id}`)).arrayBuffer())));
    assert.equal((await post({ prompt: "a", steps: 999 })).status, 422);
  } finally {
    await app.close();
  }
});

test("the generated files are those of this server", async () => {
  const document = await documentAt(server.url);
  const folder = new URL("../../src/", import.meta.url);
  const kept = (name: string) => readFile(new URL(name, folder), "utf8");
  const hint = "run `npm run generate -- URL`";
  assert.equal(await kept("shapes.gen.ts"), shapes(document), hint);
  assert.equal(await kept("presets.gen.ts"), presets(document, true), hint);
  assert.match(presets(document, false), /class Pipelines/);
});
