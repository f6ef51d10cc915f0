// What a run would be, before it is paid for: its graph, its findings, its seconds and its price.

import { json } from "./api.js";
import { bodyOf } from "./fields.js";
import { html, useEffect, useState } from "./html.js";
import { decode } from "./json.js";

const REST = 400;
const STAND_IN = "data:image/png;base64,AAAA"; // the graph is the same whatever the picture shows

/** What the server says of the values at hand, a moment after the last change; `failed` gets what it refuses. */
export function useLook(preset, fields, typed, failed) {
  const [look, setLook] = useState(null);
  useEffect(() => {
    if (!preset) return undefined;
    const stop = new AbortController();
    const body = bodyOf(fields, typed, decode, { file: (given) => (given.send.startsWith("data:") ? STAND_IN : given.send) });
    const ask = async () => {
      try {
        const found = await json(`/presets/${preset.name}/graph`, { method: "POST", body, signal: stop.signal });
        const problems = found.problems.filter((problem) => problem.code !== "input_not_given"); // it comes with the run
        setLook({ ...found, problems, preset: preset.name });
      } catch (failure) {
        if (stop.signal.aborted) return;
        // What is still missing is no mistake yet.
        failed({ ...failure, problems: (failure.problems ?? []).filter((problem) => problem.code !== "missing_parameter") });
        setLook((now) => (now?.preset === preset.name ? { ...now, plan: null } : null));
      }
    };
    const timer = setTimeout(ask, REST);
    return () => { clearTimeout(timer); stop.abort(); };
  }, [preset, typed]);
  return look;
}

export function Cost({ look, engine }) {
  const plan = look?.plan;
  const row = plan?.gpus?.find((each) => each.gpu === plan.recommended);
  if (!row) return html`<p class="cost hint" aria-live="polite"> </p>`;
  const many = plan.images > 1 ? ` for ${plan.images} pictures` : "";
  const estimate = `about ${time(row.seconds)} and $${price(row.usd)}${many} on ${/^[AEFHILMNORSX]/.test(row.gpu) ? "an" : "a"} ${row.gpu}`;
  return html`<p class="cost hint" aria-live="polite">${engine === "simulator"
    ? `Simulated here, free. Elsewhere ${estimate}.` : `${estimate[0].toUpperCase()}${estimate.slice(1)}.`}</p>`;
}

const time = (seconds) => (seconds < 90 ? `${Math.max(1, Math.round(seconds))} s` : `${(seconds / 60).toFixed(1)} min`);
const price = (usd) => (usd < 0.1 ? usd.toFixed(4).replace(/0+$/, "") : usd.toFixed(2));
