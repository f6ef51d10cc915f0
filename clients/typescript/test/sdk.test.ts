/** The official client of Comfy API v2 against the same server. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { proxy } from "./proxy.js";
import { serve, TOKEN, type Served } from "./server.js";

const GRAPH = {
  "1": { class_type: "EmptyImage", inputs: { width: 64, height: 64, batch_size: 1, color: 255 } },
  save: { class_type: "SaveImage", inputs: { images: ["1", 0], filename_prefix: "sdk" } },
};
let server: Served;
let comfy: any;

before(async () => {
  server = await serve();
  process.env["COMFY_BASE_URL"] = server.url;
  const { Comfy } = await import("@comfyorg/sdk");
  comfy = new Comfy({ apiKey: TOKEN });
});
after(() => server.stop());

test("a workflow runs, and its output is a picture", async () => {
  const job = await comfy.run(comfy.workflows.fromJson(GRAPH));
  const outputs = await job.getOutputs("save");
  const bytes: Uint8Array = await outputs[0].toBytes();
  assert.equal(Buffer.from(bytes.subarray(1, 4)).toString(), "PNG");
});

test("events tell of every output", async () => {
  const job = await comfy.submit(comfy.workflows.fromJson(GRAPH));
  const kinds: string[] = [];
  for await (const event of job.events()) kinds.push(event.type ?? event.event ?? event.kind);
  assert.ok(kinds.length > 0);
  await job.wait();
});

test("an asset goes into a graph", async () => {
  const made = await comfy.run(comfy.workflows.fromJson(GRAPH));
  const bytes = await (await made.getOutputs("save"))[0].toBytes();
  const asset = await comfy.assets.fromBytes(bytes, { name: "me.png" });
  const workflow = comfy.workflows.fromJson({
    "1": { class_type: "LoadImage", inputs: { image: "me.png" } },
    save: { class_type: "SaveImage", inputs: { images: ["1", 0], filename_prefix: "sdk" } },
  });
  workflow.setInput("1", "image", asset);
  const job = await comfy.run(workflow);
  assert.equal((await job.getOutputs("save")).length, 1);
});

test("streams that are cut all the time lose no job and no output", async () => {
  const between = await proxy(server.url, undefined, 150);
  try {
    process.env["COMFY_BASE_URL"] = between.url;
    const { Comfy } = await import("@comfyorg/sdk");
    const cut: any = new Comfy({ apiKey: TOKEN });
    const job = await cut.submit(cut.workflows.fromJson(GRAPH));
    const seen: unknown[] = [];
    for await (const event of job.events()) seen.push(event);
    const done = await job.result();
    assert.equal((await (done ?? job).getOutputs("save")).length, 1);
  } finally {
    process.env["COMFY_BASE_URL"] = server.url;
    await between.stop();
  }
});
