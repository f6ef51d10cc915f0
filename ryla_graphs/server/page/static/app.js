// The page: what there is to choose, one form, one result, its graph, its code, the history.

import { reveal, useActs } from "./acts.js";
import { Failure, json, onLocked, token } from "./api.js";
import { Code } from "./code.js";
import { Compare } from "./compare.js";
import { errorsOf, found, unready } from "./errors.js";
import { typedOf } from "./fields.js";
import { mismatch, waiting } from "./files.js";
import { Form, show } from "./form.js";
import { GraphCard, statesOf } from "./graph.js";
import { History, useHistory } from "./history.js";
import { html, render, useCallback, useEffect, useRef, useState } from "./html.js";
import { Result, useJob } from "./job.js";
import { encode } from "./json.js";
import * as link from "./link.js";
import { Opened } from "./opened.js";
import { Cost, useLook } from "./plan.js";
import { openGraph, presetTarget, sentBy, valuesOf, withNewFields } from "./targets.js";
import { SignIn, Top } from "./top.js";

function App() {
  const [presets, setPresets] = useState(null);
  const [target, setTarget] = useState(null);
  const [typed, setTyped] = useState({});
  const [errors, setErrors] = useState({});
  const [asking, setAsking] = useState(0);
  const [locked, setLocked] = useState("");
  const [engine, setEngine] = useState("");
  const [chosen, setChosen] = useState([]);
  const [said, say] = useState("");
  const before = useRef(null); // the preset and its values, while a graph is open
  const fields = target?.fields ?? [];
  const latest = useRef({});
  latest.current = { target, fields, typed };

  const failed = useCallback((failure) => {
    if (failure.status === 401) return; // the token is asked for already
    setErrors(errorsOf(failure, latest.current.fields));
    setAsking((count) => count + 1);
  }, []);
  const past = useHistory(failed);
  const at = useJob({ failed, ended: () => past.load() });

  const enterForm = (next, texts) => {
    setTarget(next);
    setTyped(texts);
    setErrors({});
  };
  const open = useCallback(async (name, texts, parameters, files) => {
    try {
      const next = presetTarget(await json(`/presets/${encodeURIComponent(name)}`));
      enterForm(next, texts ? link.typedFrom(next.fields, texts) : { ...typedOf(next.fields, parameters ?? next.example, files) });
      before.current = null;
    } catch (failure) {
      failed(failure.status === 404 ? new Failure("not_found", `There is no preset '${name}' here. Choose another.`) : failure);
    }
  }, []);
  const openFile = async (file, files) => {
    try {
      const next = await openGraph(file);
      if (!latest.current.target?.opened) before.current = latest.current;
      enterForm(next, typedOf(next.fields, Object.fromEntries(next.fields.map((field) => [field.name, field.initial])), files));
      reveal(".opened");
    } catch (failure) {
      const field = failure.status === 401 ? null : fieldFor(file); // a photo that carries no graph
      if (field) return change(field.name, waiting(file));
      return failed(failure.status === 401 ? failure : new Failure(failure.code, `${file.name}: ${failure.message}`, failure.status, []));
    }
  };
  /** The field that a file which fell somewhere else goes into: one without a file, of its kind. */
  const fieldFor = (file) => {
    const files = fields.filter((field) => field.kind === "file" && !mismatch(field, file));
    return files.find((each) => !typed[each.name]) ?? files[0];
  };
  const close = () => {
    const back = before.current;
    before.current = null;
    return back?.target ? enterForm(back.target, back.typed) : open(presets[0].name);
  };

  onLocked.act = () => setLocked(token.get() ? "The server does not take this token any more." : "This server asks for a token.");
  const start = useCallback(async () => {
    try {
      const { presets: all } = await json("/presets");
      setPresets(all);
      setLocked("");
      const asked = link.read();
      open(asked.preset || all[0].name, asked.preset && Object.keys(asked.texts).length ? asked.texts : undefined);
      const [newest] = await past.load();
      if (newest && ["queued", "running"].includes(newest.state)) at.follow(newest);
      setEngine((await json("/ready").catch(() => ({}))).engine ?? "");
    } catch (failure) {
      failed(failure);
    }
  }, []);
  useEffect(() => {
    link.read(); // a token in the address goes before the first request
    start();
    const moved = () => { const asked = link.read(); if (asked.preset) open(asked.preset, asked.texts); };
    addEventListener("hashchange", moved);
    return () => removeEventListener("hashchange", moved);
  }, []);
  useEffect(() => {
    if (target?.preset) link.show(target.preset, typed);
  }, [target, typed]);
  useEffect(() => {
    if (at.job) say(`The job is ${at.job.state}.`);
  }, [at.job?.id, at.job?.state]);
  useEffect(() => {
    const done = at.busy && at.job?.progress ? `${Math.round(at.job.progress.value * 100)} % · ` : "";
    document.title = `${done}${target?.name ?? "ryla_graphs"}`;
  }, [target, at.busy, at.job?.progress]);

  const change = (name, value) => {
    setTyped((now) => {
      const { [name]: _, ...rest } = now;
      return value === undefined ? rest : { ...rest, [name]: value };
    });
    setErrors(({ [name]: _, "": __, ...rest }) => rest);
  };
  const look = useLook(target, typed, {
    failed: (failure) => {
      const refused = errorsOf(failure, fields);
      setErrors((now) => ({ ...now, ...Object.fromEntries(Object.entries(refused).filter(([name]) => name && name in typed)) }));
    },
    found: (answer) => setTarget((now) => (now?.opened ? withNewFields(now, answer.form) : now)),
  });
  const run = () => {
    const { target: about, typed: texts } = latest.current;
    const problems = unready(about.fields, texts);
    const body = about.opened && !Object.keys(texts).length ? about.file : sentBy(about, valuesOf(about, texts, { problems }));
    if (problems.length) return failed(new Failure("bad_json", "", 422, problems));
    setErrors({});
    at.run(about.path, body, about.name);
    return reveal(".result");
  };
  const again = async (job, fresh) => {
    const files = new Map(job.inputs.map((input) => [input.name, input]));
    if (job.preset) {
      await open(job.preset, undefined, job.parameters, files);
      if (fresh) change("seed", undefined);
    } else {
      try {
        const { workflow } = await json(`/api/v2/jobs/${job.id}/workflow`);
        await openFile(new File([encode(workflow)], job.labels.name ?? `graph of job ${job.id.slice(0, 8)}`, { type: "application/json" }), files);
      } catch (failure) {
        failed(failure);
      }
    }
    reveal(".form");
  };
  const enter = async (text) => {
    token.set(text);
    if (!presets) return start();
    setLocked(""); // it expired in the middle: what was filled in stays
    await past.load();
    return at.job && at.follow(at.job);
  };
  const compare = (id) => setChosen((now) => (now.includes(id) ? now.filter((each) => each !== id) : [...now, id].slice(-2)));
  useActs({ run, at, inspect: openFile, fill: (file) => {
    const files = fields.filter((field) => field.kind === "file");
    const about = document.activeElement?.closest?.("[data-file-field]")?.dataset.fileField;
    const field = files.find((each) => each.name === about) ?? files.find((each) => !typed[each.name]) ?? files[0];
    if (!field) return openFile(file);
    const reason = mismatch(field, file);
    return reason ? setErrors((now) => ({ ...now, [field.name]: reason })) : change(field.name, waiting(file));
  } });

  const pair = chosen.map((id) => past.jobs?.find((job) => job.id === id)).filter(Boolean);
  const shown = at.job && at.job.of === target?.name ? { states: statesOf(at.job), spent: at.job.metrics.nodes } : {};
  const all = target?.opened && look ? { ...found(look.problems, fields), ...errors } : errors;
  const edit = (node, input) => {
    const field = target?.opened && fields.find((each) => each.node === node && each.input === input);
    return field && (() => show(field));
  };
  const graph = look && html`<${GraphCard} key=${`graph of ${target.name}`} look=${look} ...${shown} edit=${edit} />`;
  const result = html`<${Result} key="result" at=${at} again=${again} compare=${compare} chosen=${chosen} />`;
  const first = target?.opened && at.job?.of !== target.name; // what was just opened stands above an older result
  return html`
    <${Top} engine=${engine} inspect=${openFile} say=${say} />
    <p class="heard" aria-live="polite">${said}</p>
    ${locked && html`<${SignIn} reason=${locked} enter=${enter} />`}
    <main class=${locked && !presets ? "hidden" : ""}>
      <div class="column ask">
        <div class="card">
          ${target?.opened ? html`<${Opened} target=${target} look=${look} close=${close} />` : html`
            <div class="row">
              <label for="preset">Preset</label>
              <select id="preset" value=${target?.name ?? ""} aria-describedby="preset-hint" onChange=${(event) => open(event.target.value)}>
                ${(presets ?? []).map((each) => html`<option key=${each.name} value=${each.name}>${each.name}</option>`)}
              </select>
              <p class="hint" id="preset-hint">${presets?.find((each) => each.name === target?.name)?.summary ?? ""}</p>
            </div>`}
          <${Form} key=${target?.name} fields=${fields} typed=${typed} errors=${all} change=${change} run=${run} asking=${asking}>
            <div class="run">
              <${Cost} look=${look} engine=${engine} />
              <button class="main" disabled=${!target || at.busy}>${at.busy ? "Running…" : "Run"}</button>
            </div>
          <//>
        </div>
      </div>
      <div class="column see">
        ${pair.length === 2 && html`<${Compare} one=${pair[0]} other=${pair[1]} close=${() => setChosen([])} />`}
        ${first ? [graph, result] : [result, graph]}
        ${target && html`<${Code} target=${target} typed=${typed} />`}
      </div>
      <div class="column past-jobs">
        <${History} at=${past} current=${at.job?.id} chosen=${chosen} choose=${compare}
          show=${(job) => { at.follow(job); reveal(".result"); }} />
      </div>
    </main>`;
}

const root = document.getElementById("app");
root.replaceChildren();
render(html`<${App} />`, root);
