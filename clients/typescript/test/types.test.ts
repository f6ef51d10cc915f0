/** Lines that must and must not compile; `tsc` is the test. */
import { test } from "node:test";
import type { FluxDevParameters, FluxInstantidParameters, Ryla } from "../src/index.js";

test("the types compile as they should", () => undefined);

export function calls(ryla: Ryla): void {
  const good: FluxDevParameters = { prompt: "a", seed: 2n ** 63n };
  void ryla.fluxDev(good);
  const face: FluxInstantidParameters = { prompt: "a", referenceImage: new Uint8Array() };
  void ryla.fluxInstantid(face);
  void ryla.submit("a-pipeline-of-mine", { anything: 1 });
  // @ts-expect-error the prompt is missing
  void ryla.fluxDev({ steps: 4 });
  // @ts-expect-error a typo
  void ryla.fluxDev({ prompt: "a", stepz: 4 });
  // @ts-expect-error not a choice
  void ryla.fluxDev({ prompt: "a", weightDtype: "fp4" });
  // @ts-expect-error a number is no picture
  void ryla.fluxInstantid({ prompt: "a", referenceImage: 1 });
  // @ts-expect-error a preset by its name has the parameters of the preset: the file is missing
  void ryla.submit("flux-img2img", { prompt: "a" });
  // @ts-expect-error a typo
  void ryla.submit("flux-dev", { prompt: "a", stepz: 4 });
  // @ts-expect-error a typo, where nothing need be complete
  void ryla.graph("flux-dev", { stepz: 4 });
  // @ts-expect-error a typo, run to its end
  void ryla.runPreset("flux-dev", { prompt: "a", stepz: 4 });
  void ryla.graph("flux-dev", {});
  void ryla.runPreset("flux-dev", good);
  void ryla.submit(Math.random() > 0.5 ? "flux-dev" : "flux-schnell", { prompt: "a" });
}

interface Mine {
  face: string;
}

export function pipelines(ryla: Ryla, name: string, mine: Mine): void {
  void ryla.submit(name, mine);
  void ryla.submit("mine", mine);
  void ryla.graph("mine", mine);
  void ryla.runPreset("mine", mine);
}
