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
}
