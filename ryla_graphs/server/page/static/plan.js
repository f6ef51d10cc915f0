// What a run would be, before it is paid for: its graph, its findings, its seconds and its price.

import { json } from "./api.js";
import { html, useEffect, useState } from "./html.js";
import { sentBy, valuesOf } from "./targets.js";
import { dollars, seconds } from "./units.js";

const REST = 400;
const STAND_IN = "data:image/png;base64,AAAA"; // the graph is the same whatever the picture shows

/** What is shown of an answer. Files that are missing come with the run. */
const seen = (target, found) =>
  ({ ...found, problems: found.problems.filter((problem) => problem.code !== "input_not_given"), of: target.name });

/** What the server says of the values at hand, a moment after the last change; `failed` gets what it refuses. */
export function useLook(target, typed, { failed, found }) {
  const [look, setLook] = useState(null);
  useEffect(() => {
    if (!target) return undefined;
    if (target.opened && !Object.keys(typed).length) return setLook(seen(target, target.opened));
    if (target.opened) setLook((now) => (now?.of === target.name ? now : seen(target, target.opened)));
    const stop = new AbortController();
    const stand = target.opened ? undefined : STAND_IN;
    const body = sentBy(target, valuesOf(target, typed, { file: (given) => (given.send.startsWith("data:") ? stand : given.send) }));
    const ask = async () => {
      try {
        const answer = await json(target.drawn, { method: "POST", body, signal: stop.signal });
        setLook(seen(target, answer));
        found(answer);
      } catch (failure) {
        if (stop.signal.aborted) return;
        // What is still missing is no mistake yet.
        failed({ ...failure, problems: (failure.problems ?? []).filter((problem) => problem.code !== "missing_parameter") });
        setLook((now) => (now?.of === target.name ? { ...now, plan: null } : null));
      }
    };
    const timer = setTimeout(ask, REST);
    return () => { clearTimeout(timer); stop.abort(); };
  }, [target, typed]);
  return look?.of === target?.name ? look : null;
}

export function Cost({ look, engine }) {
  const plan = look?.plan;
  const row = plan?.gpus?.find((each) => each.gpu === plan.recommended);
  if (!row) return html`<p class="cost hint" aria-live="polite"> </p>`;
  const many = plan.images > 1 ? ` for ${plan.images} pictures` : "";
  const estimate = `about ${seconds(row.seconds)} and $${dollars(row.usd)}${many} on ${/^[AEFHILMNORSX]/.test(row.gpu) ? "an" : "a"} ${row.gpu}`;
  return html`<p class="cost hint" aria-live="polite">${engine === "simulator"
    ? `Simulated here, free. Elsewhere ${estimate}.` : `${estimate[0].toUpperCase()}${estimate.slice(1)}.`}</p>`;
}
