// Earlier jobs, as the server remembers them: nothing is kept in the browser.

import { ENDED, json } from "./api.js";
import { DRAGGED, fromOutput } from "./files.js";
import { html, useCallback, useEffect, useRef, useState } from "./html.js";
import { useBlob } from "./job.js";

const PAGE = 24;

export function useHistory(failed) {
  const [jobs, setJobs] = useState(null);
  const [more, setMore] = useState(false);
  const load = useCallback(async (before) => {
    try {
      const { jobs: found } = await json(`/jobs?limit=${PAGE}${before ? `&before=${encodeURIComponent(before)}` : ""}`);
      setJobs((now) => (before ? [...now, ...found] : found));
      setMore(found.length === PAGE);
      return found;
    } catch (failure) {
      failed(failure);
      return [];
    }
  }, []);
  return { jobs, more, load };
}

export function History({ at, current, show, chosen, choose }) {
  const { jobs, more, load } = at;
  return html`
    <section class="card history" aria-labelledby="history-title">
      <header><h2 id="history-title">History</h2></header>
      ${chosen.length === 1 && html`<p class="note">Tick one more to compare.</p>`}
      ${jobs?.length === 0 && html`<p class="hint">No jobs yet.</p>`}
      <ul>${(jobs ?? []).map((job) => html`
        <${Row} key=${job.id} job=${job} current=${job.id === current} show=${show} chosen=${chosen.includes(job.id)} choose=${choose} />`)}
      </ul>
      ${more && html`<button type="button" onClick=${() => load(jobs[jobs.length - 1].id)}>Older</button>`}
    </section>`;
}

/** Whether an element was on the screen; pictures are fetched only then. */
function useSeen() {
  const [seen, setSeen] = useState(false);
  const ref = useRef();
  useEffect(() => {
    const watch = new IntersectionObserver(([entry]) => entry.isIntersecting && setSeen(true), { rootMargin: "200px" });
    watch.observe(ref.current);
    return () => watch.disconnect();
  }, []);
  return [ref, seen];
}

export const pictureOf = (job) =>
  job.outputs.find((output) => output.media_type.startsWith("image/") && output.folder === "output")
  ?? job.outputs.find((output) => output.media_type.startsWith("image/"));

const SCALED = new Set(["image/png", "image/jpeg", "image/webp"]);
const small = (output) => (SCALED.has(output.media_type) ? `${output.url}?format=webp&w=128` : output.url);

function Row({ job, current, show, chosen, choose }) {
  const [ref, seen] = useSeen();
  const picture = pictureOf(job);
  const blob = useBlob(seen && picture ? small(picture) : "");
  const words = job.parameters?.prompt || job.labels?.name || job.preset || "graph";
  const drag = (event) => picture && event.dataTransfer.setData(DRAGGED, JSON.stringify(fromOutput(picture, blob)));
  return html`
    <li ref=${ref} class=${current ? "current" : ""}>
      <button type="button" class="past" onClick=${() => show(job)} aria-current=${current ? "true" : undefined}
        draggable=${Boolean(picture)} onDragStart=${drag}>
        <span class="thumb">${blob ? html`<img src=${blob} alt="" draggable="false" />` : html`<span aria-hidden="true">${!ENDED.has(job.state) ? "…" : job.outputs.length ? "▷" : "–"}</span>`}</span>
        <span class="words"><span class="line">${words}</span>
          <span class="hint">${job.state === "succeeded" ? time(job.created_at) : job.state} · ${job.preset ?? "graph"}</span></span>
      </button>
      ${picture && html`<label class="pick" title="Compare"><input type="checkbox" checked=${chosen} onChange=${() => choose(job.id)}
        aria-label=${`Compare: ${words.slice(0, 60)}`} /></label>`}
    </li>`;
}

function time(iso) {
  const then = new Date(iso);
  const today = then.toDateString() === new Date().toDateString();
  return then.toLocaleString([], { ...(!today && { month: "short", day: "numeric" }), hour: "2-digit", minute: "2-digit" });
}
