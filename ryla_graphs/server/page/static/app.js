// The page: what there is to choose, one form, one result, its graph, its code, the history.

import { reveal, useActs } from "./acts.js";
import { json, onLocked, token } from "./api.js";
import { Code } from "./code.js";
import { Compare } from "./compare.js";
import { errorsOf, found } from "./errors.js";
import { useFilling } from "./filling.js";
import { Form, show } from "./form.js";
import { GraphCard, statesOf } from "./graph.js";
import { History, useHistory } from "./history.js";
import { html, render, useCallback, useEffect, useState } from "./html.js";
import { Result, useJob } from "./job.js";
import * as link from "./link.js";
import { Opened } from "./opened.js";
import { Cost, useLook } from "./plan.js";
import { withNewFields } from "./targets.js";
import { SignIn, Top } from "./top.js";

const LOCKED = () => (token.get() ? "The server does not take this token any more." : "This server asks for a token.");

/** What the server is and has, asked for at the start and after each sign-in. */
function useServer({ form, past, at }) {
  const [presets, setPresets] = useState(null);
  const [engine, setEngine] = useState("");
  const [locked, setLocked] = useState("");
  onLocked.act = () => setLocked(LOCKED());
  const start = useCallback(async () => {
    try {
      const { presets: all } = await json("/presets");
      setPresets(all);
      setLocked("");
      const { preset, texts } = link.read();
      form.open(preset || all[0].name, { texts: preset && Object.keys(texts).length ? texts : undefined });
      const [newest] = await past.load();
      if (newest && ["queued", "running"].includes(newest.state)) at.follow(newest);
      setEngine((await json("/ready").catch(() => ({}))).engine ?? "");
    } catch (failure) {
      form.failed(failure);
    }
  }, []);
  useEffect(() => {
    link.read(); // a token in the URL must be removed before the first request
    start();
    const moved = () => { const { preset, texts } = link.read(); if (preset) form.open(preset, { texts }); };
    addEventListener("hashchange", moved);
    return () => removeEventListener("hashchange", moved);
  }, []);
  const enter = async (text) => {
    token.set(text);
    if (!presets) return start();
    setLocked(""); // it expired in the middle: what was filled in stays
    await past.load();
    return at.job && at.follow(at.job, at.job.of);
  };
  return { presets, engine, locked, enter };
}

/** The title of the tab, and what is said aloud of a job. */
function useTold(target, { job, busy }, say) {
  useEffect(() => {
    if (job) say(`The job is ${job.state}.`);
  }, [job?.id, job?.state]);
  useEffect(() => {
    const done = busy && job?.progress ? `${Math.round(job.progress.value * 100)} % · ` : "";
    document.title = `${done}${target?.name ?? "ryla_graphs"}`;
  }, [target, busy, job?.progress]);
}

function App() {
  const [chosen, setChosen] = useState([]);
  const [said, say] = useState("");
  const form = useFilling();
  const past = useHistory(form.failed);
  const at = useJob({ failed: form.failed, ended: () => past.load() });
  const server = useServer({ form, past, at });
  const { target, typed, fields } = form;
  useTold(target, at, say);
  const look = useLook(target, typed, {
    failed: (failure) => {
      const refused = Object.entries(errorsOf(failure, fields)).filter(([name]) => name && name in typed);
      form.setErrors((now) => ({ ...now, ...Object.fromEntries(refused) }));
    },
    found: (answer) => form.setTarget((now) => (now?.opened ? withNewFields(now, answer.form) : now)),
  });
  const run = () => {
    const body = form.body();
    if (!body) return;
    at.run(target.path, body, target.name);
    reveal(".result");
  };
  useActs({ run, at, inspect: form.openFile, fill: form.paste });

  const compare = (id) => setChosen((now) => (now.includes(id) ? now.filter((each) => each !== id) : [...now, id].slice(-2)));
  const again = async (job, fresh) => { await form.again(job, fresh); reveal(".form"); };
  const edit = (node, input) => {
    const field = target?.opened && fields.find((each) => each.node === node && each.input === input);
    return field && (() => show(field));
  };
  const pair = chosen.map((id) => past.jobs?.find((job) => job.id === id)).filter(Boolean);
  const own = at.job && at.job.of === target?.name;
  const graph = look && html`<${GraphCard} key=${`graph of ${target.name}`} look=${look} edit=${edit}
    states=${own ? statesOf(at.job) : {}} spent=${own ? at.job.metrics.nodes : {}} />`;
  const result = html`<${Result} key="result" at=${at} again=${again} compare=${compare} chosen=${chosen} />`;
  return html`
    <${Top} engine=${server.engine} inspect=${form.openFile} say=${say} />
    <p class="heard" aria-live="polite">${said}</p>
    ${server.locked && html`<${SignIn} reason=${server.locked} enter=${server.enter} />`}
    <main class=${server.locked && !server.presets ? "hidden" : ""}>
      <div class="column ask">
        <div class="card">
          ${target?.opened ? html`<${Opened} target=${target} look=${look} close=${() => form.close(server.presets[0].name)} />`
            : html`<${Presets} all=${server.presets ?? []} chosen=${target?.name} open=${form.open} />`}
          <${Form} key=${target?.name} fields=${fields} typed=${typed} change=${form.change} run=${run} asking=${form.asking}
            errors=${target?.opened && look ? { ...found(look.problems, fields), ...form.errors } : form.errors}>
            <div class="run">
              <${Cost} look=${look} engine=${server.engine} />
              <button class="main" disabled=${!target || at.busy}>${at.busy ? "Running…" : "Run"}</button>
            </div>
          <//>
        </div>
      </div>
      <div class="column see">
        ${pair.length === 2 && html`<${Compare} one=${pair[0]} other=${pair[1]} close=${() => setChosen([])} />`}
        ${target?.opened && !own ? [graph, result] : [result, graph]}
        ${target && html`<${Code} target=${target} typed=${typed} />`}
      </div>
      <div class="column past-jobs">
        <${History} at=${past} current=${at.job?.id} chosen=${chosen} choose=${compare}
          show=${(job) => { at.follow(job); reveal(".result"); }} />
      </div>
    </main>`;
}

function Presets({ all, chosen, open }) {
  return html`
    <div class="row">
      <label for="preset">Preset</label>
      <select id="preset" value=${chosen ?? ""} aria-describedby="preset-hint" onChange=${(event) => open(event.target.value)}>
        ${all.map((each) => html`<option key=${each.name} value=${each.name}>${each.name}</option>`)}
      </select>
      <p class="hint" id="preset-hint">${all.find((each) => each.name === chosen)?.summary ?? ""}</p>
    </div>`;
}

const root = document.getElementById("app");
root.replaceChildren();
render(html`<${App} />`, root);
