// A job: submitted, followed, cancelled; its progress and its result.

import { blobOf, ENDED, events, Failure, json, submit, token } from "./api.js";
import { DRAGGED, fromOutput } from "./files.js";
import { html, useCallback, useEffect, useRef, useState } from "./html.js";
import { bytes, milliseconds } from "./units.js";

/** The job that is looked at, with the form that it is `of`. `failed` gets what a submission was refused with, `ended` is called after an end. */
export function useJob({ failed, ended }) {
  const [job, setJob] = useState(null);
  const [preview, setPreview] = useState("");
  const [cut, setCut] = useState(false);
  const [busy, setBusy] = useState(false);
  const following = useRef(null);

  const follow = useCallback(async (started, of = started.preset) => {
    following.current?.abort();
    const stop = (following.current = new AbortController());
    setPreview("");
    setCut(false);
    setJob({ ...started, of });
    const path = `/jobs/${started.id}`;
    const over = ENDED.has(started.state); // only its progress is missing, which alone says what was taken from the cache
    try {
      for await (const event of events(started.id, stop.signal, setCut)) {
        if (stop.signal.aborted) return;
        if (over && event.kind !== "progress") continue;
        if (event.kind === "preview") setPreview(`data:${event.data.media_type};base64,${event.data.data}`);
        else setJob((now) => heard(now, event));
      }
      if (over) return;
      const end = await json(path);
      if (!stop.signal.aborted) setJob((now) => ({ ...end, of, progress: end.progress ?? now.progress }));
    } catch (failure) {
      if (!stop.signal.aborted && !over) failed(failure);
    } finally {
      if (!stop.signal.aborted && !over) ended();
    }
  }, []);

  const run = async (path, body, of) => {
    setBusy(true);
    try {
      const accepted = await submit(path, body);
      ended();
      follow(accepted, of);
    } catch (failure) {
      failed(failure.status === 404 ? new Failure("not_found", `There is no '${of}' here any more. Choose another.`) : failure);
    } finally {
      setBusy(false);
    }
  };
  const cancel = async () => {
    try {
      await json(`/jobs/${job.id}`, { method: "DELETE" });
      setJob((now) => ({ ...now, cancel_requested: true }));
    } catch (failure) {
      failed(failure);
    }
  };
  return { job, preview, cut, busy: busy || Boolean(job && !ENDED.has(job.state)), run, cancel, follow };
}

function heard(job, { kind, data }) {
  if (kind === "status") return { ...job, state: data.state, attempt: data.attempt };
  if (kind === "progress") return { ...job, progress: data };
  if (kind === "output" && !job.outputs.some((output) => output.number === data.number)) {
    return { ...job, outputs: [...job.outputs, { ...data, url: `/jobs/${job.id}/outputs/${data.number}` }] };
  }
  return job;
}

export function Result({ at, again, compare, chosen }) {
  const { job, preview, cut, cancel } = at;
  if (!job) {
    return html`<section class="card result" aria-labelledby="result-title">
      <h2 id="result-title">Result</h2>
      <div class="empty"><p>Nothing has run yet.</p><p class="hint">Fill in the form and press Run, or Ctrl+Enter.</p></div>
    </section>`;
  }
  const going = !ENDED.has(job.state);
  const made = job.outputs.filter((output) => output.folder === "output");
  const outputs = made.length ? made : job.outputs;
  return html`
    <section class="card result" aria-labelledby="result-title">
      <header><h2 id="result-title">Result</h2><span class=${`state ${job.state}`}>${job.state}</span>
        ${outputs.some((output) => output.simulated) && html`<span class="state">simulated</span>`}
        <span class="space"></span>
        ${going && html`<button type="button" onClick=${cancel} disabled=${job.cancel_requested}>
          ${job.cancel_requested ? "Cancelling…" : "Cancel"}</button>`}
      </header>
      ${going && html`<${Bar} job=${job} />`}
      ${cut && html`<p class="note">The connection is lost; the job goes on. Trying again…</p>`}
      ${job.error && html`<${Error} error=${job.error} />`}
      ${going && preview && !outputs.length && html`<div class="frame"><img class="preview" src=${preview} alt="Preview" /></div>`}
      ${going && !preview && !outputs.length && html`<div class="frame waiting" aria-hidden="true"></div>`}
      <div class="outputs">${outputs.map((output) => html`<${Output} key=${output.id} output=${output} job=${job} />`)}</div>
      ${!going && html`<footer>
        <p class="hint">${facts(job)}</p>
        <div class="buttons">
          <button type="button" onClick=${() => again(job, false)}>Use these inputs</button>
          ${job.preset && html`<button type="button" onClick=${() => again(job, true)}>With a new seed</button>`}
          ${outputs.some((output) => output.media_type.startsWith("image/")) && html`<button type="button" aria-pressed=${chosen.includes(job.id)}
            onClick=${() => compare(job.id)}>${chosen.length === 1 && chosen[0] === job.id ? "Tick another in History" : "Compare"}</button>`}
        </div></footer>`}
    </section>`;
}

function Bar({ job }) {
  const progress = job.progress;
  const value = progress?.value ?? 0;
  const words = progress
    ? [progress.class_type, progress.steps && `step ${progress.step} of ${progress.steps}`,
       `${progress.nodes_done} of ${progress.nodes_total} nodes`].filter(Boolean).join(" · ")
    : job.position ? `${job.position} before it` : job.state === "queued" ? "waiting for its turn" : "starting";
  return html`<div class="bar"><progress max="1" value=${value} aria-label="Progress"></progress>
    <span class="hint">${words}</span></div>`;
}

function facts(job) {
  const { execution_ms: ms, queue_ms: queue, gpu, cost_usd: cost } = job.metrics;
  return [job.seed !== null && `seed ${job.seed}`, ms !== undefined && `${milliseconds(ms)} at work`,
    queue > 500 && `${milliseconds(queue)} in the queue`, gpu, cost !== undefined && `$${cost}`].filter(Boolean).join(" · ");
}

function Error({ error }) {
  return html`<div class="error box" role="alert">
    <p>${error.message}${error.node && html` (node <code>${error.node}</code>, ${error.class_type})`}</p>
    ${error.problems.length > 0 && html`<ul>${error.problems.map((each) => html`
      <li>${each.node && html`<code>${each.node}</code> `}${each.message}${each.hint && html`<span class="hint">: ${each.hint}</span>`}</li>`)}</ul>`}
  </div>`;
}

/** The address of an output's content once it is here; `""` before, null where it cannot be had. */
export function useBlob(url) {
  const [found, setFound] = useState({ url: "", blob: "" });
  useEffect(() => {
    let gone = false;
    if (url) blobOf(url).then((blob) => gone || setFound({ url, blob }), () => gone || setFound({ url, blob: null }));
    return () => { gone = true; };
  }, [url, token.get()]); // what was refused is asked for again with another token
  return found.url === url ? found.blob : "";
}

function Output({ output, job }) {
  const blob = useBlob(output.url);
  const words = job.parameters?.prompt ? `Result for: ${job.parameters.prompt.slice(0, 120)}` : output.name;
  const drag = (event) => event.dataTransfer.setData(DRAGGED, JSON.stringify(fromOutput(output, blob)));
  return html`
    <figure>
      <div class="frame">
        ${blob === null && html`<p class="note">${output.name} is not here any more.</p>`}
        ${blob && output.media_type.startsWith("image/") && html`<img src=${blob} alt=${words} onDragStart=${drag} />`}
        ${blob && output.media_type.startsWith("video/") && html`<video src=${blob} controls loop aria-label=${words}></video>`}
        ${blob && output.media_type.startsWith("audio/") && html`<audio src=${blob} controls aria-label=${words}></audio>`}
      </div>
      ${blob && html`<figcaption><span class="hint">${output.name} · ${bytes(output.size)}</span>
        <a class="button" href=${blob} download=${output.name}>Download</a>
        <a class="button quiet" href=${blob} target="_blank" rel="noopener">Full size</a></figcaption>`}
    </figure>`;
}
