// The page: what there is to choose, one form, one result, its graph, its code, the history.

import { reveal, useActs } from "./acts.js";
import { Failure, json, token } from "./api.js";
import { Code, Placeholder } from "./code.js";
import { Compare } from "./compare.js";
import { errorsOf } from "./errors.js";
import { bodyOf, fieldsOf, typedOf } from "./fields.js";
import { fromFile, mismatch } from "./files.js";
import { Form } from "./form.js";
import { Graph, statesOf } from "./graph.js";
import { History, useHistory } from "./history.js";
import { html, render, useCallback, useEffect, useMemo, useRef, useState } from "./html.js";
import { Result, useJob } from "./job.js";
import { decode } from "./json.js";
import * as link from "./link.js";
import { Findings, judge, Opened } from "./opened.js";
import { Cost, useLook } from "./plan.js";
import { SignIn, Top } from "./top.js";

function App() {
  const [presets, setPresets] = useState(null);
  const [preset, setPreset] = useState(null);
  const [typed, setTyped] = useState({});
  const [errors, setErrors] = useState({});
  const [asking, setAsking] = useState(0);
  const [locked, setLocked] = useState("");
  const [engine, setEngine] = useState("");
  const [opened, setOpened] = useState(null);
  const [chosen, setChosen] = useState([]);
  const [said, say] = useState("");
  const fields = useMemo(() => (preset ? fieldsOf(preset.parameters) : []), [preset]);
  const latest = useRef({});
  latest.current = { fields, typed, preset };

  const failed = useCallback((failure) => {
    if (failure.status === 401) return setLocked(token.get() ? "The server does not take this token any more." : "This server asks for a token.");
    setErrors(errorsOf(failure, latest.current.fields, latest.current.typed));
    setAsking((count) => count + 1);
  }, []);
  const past = useHistory(failed);
  const at = useJob({ failed, ended: () => past.load() });

  const open = useCallback(async (name, texts, parameters) => {
    try {
      const found = await json(`/presets/${encodeURIComponent(name)}`);
      const list = fieldsOf(found.parameters);
      setPreset(found);
      setErrors({});
      setTyped(texts ? link.typedFrom(list, texts) : typedOf(list, parameters ?? found.example));
      return list;
    } catch (failure) {
      failed(failure.status === 404 ? new Failure("not_found", `There is no preset '${name}' here. Choose another.`) : failure);
      return [];
    }
  }, []);

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
    if (preset) link.show(preset.name, typed);
  }, [preset, typed]);
  useEffect(() => {
    if (at.job) say(`The job is ${at.job.state}.`);
  }, [at.job?.id, at.job?.state]);
  useEffect(() => {
    const done = at.busy && at.job?.progress ? `${Math.round(at.job.progress.value * 100)} % · ` : "";
    document.title = `${done}${preset?.name ?? "ryla_graphs"}`;
  }, [preset, at.busy, at.job?.progress]);

  const change = (name, value) => {
    setTyped((now) => {
      const { [name]: _, ...rest } = now;
      return value === undefined ? rest : { ...rest, [name]: value };
    });
    setErrors(({ [name]: _, "": __, ...rest }) => rest);
  };
  const look = useLook(preset, fields, typed, (failure) => {
    const found = errorsOf(failure, fields, typed);
    setErrors((now) => ({ ...now, ...Object.fromEntries(Object.entries(found).filter(([name]) => name && name in typed)) }));
  });
  const run = () => {
    const { fields: list, typed: texts, preset: about } = latest.current;
    const problems = [];
    const body = bodyOf(list, texts, decode, { problems });
    if (problems.length) return failed(new Failure("bad_json", "", 422, problems));
    setErrors({});
    setOpened(null);
    at.run(`/${about.name}`, body);
    return reveal(".result");
  };
  const again = async (job, fresh) => {
    const list = preset?.name === job.preset ? fields : await open(job.preset, {});
    const texts = typedOf(list, job.parameters);
    if (fresh) delete texts.seed;
    setTyped((now) => ({ ...Object.fromEntries(list.filter((field) => field.kind === "file" && now[field.name])
      .map((field) => [field.name, now[field.name]])), ...texts }));
    setErrors({});
    reveal(".form");
  };
  const inspect = async (file) => {
    try {
      setErrors({});
      setOpened(await judge(file));
      reveal(".opened");
    } catch (failure) {
      failed(failure.status === 401 ? failure : new Failure(failure.code, `${file.name}: ${failure.message}`, failure.status, []));
    }
  };
  const enter = async (text) => {
    token.set(text);
    if (!presets) return start();
    setLocked(""); // it expired in the middle: what was filled in stays
    await past.load();
    return at.job && at.follow(at.job);
  };
  const compare = (id) => setChosen((now) => (now.includes(id) ? now.filter((each) => each !== id) : [...now, id].slice(-2)));
  useActs({ run, at, inspect, fill: async (file) => {
    const empty = fields.filter((field) => field.kind === "file");
    const about = document.activeElement?.closest?.("[data-file-field]")?.dataset.fileField;
    const field = empty.find((each) => each.name === about) ?? empty.find((each) => !typed[each.name]) ?? empty[0];
    if (!field) return inspect(file);
    const reason = mismatch(field, file);
    return reason ? setErrors((now) => ({ ...now, [field.name]: reason })) : change(field.name, await fromFile(file));
  } });

  const shots = useMemo(() => bodyOf(fields, typed, decode, { file: (given) =>
    (given.send.startsWith("data:") ? new Placeholder(given.name) : given.send) }), [fields, typed]);
  const pair = chosen.map((id) => past.jobs?.find((job) => job.id === id)).filter(Boolean);
  const about = opened ? null : at.job;
  return html`
    <${Top} engine=${engine} inspect=${inspect} say=${say} />
    <p class="heard" aria-live="polite">${said}</p>
    ${locked && html`<${SignIn} reason=${locked} enter=${enter} />`}
    <main class=${locked && !presets ? "hidden" : ""}>
      <div class="column ask">
        <div class="card">
          <div class="row">
            <label for="preset">Preset</label>
            <select id="preset" value=${preset?.name ?? ""} aria-describedby="preset-hint" onChange=${(event) => open(event.target.value)}>
              ${(presets ?? []).map((each) => html`<option key=${each.name} value=${each.name}>${each.name}</option>`)}
            </select>
            <p class="hint" id="preset-hint">${preset?.summary ?? ""}</p>
          </div>
          <${Form} key=${preset?.name} fields=${fields} typed=${typed} errors=${errors} change=${change} run=${run} asking=${asking}>
            <div class="run">
              <${Cost} look=${look} engine=${engine} />
              <button class="main" disabled=${!preset || at.busy}>${at.busy ? "Running…" : "Run"}</button>
            </div>
          <//>
        </div>
      </div>
      <div class="column see">
        ${pair.length === 2 && html`<${Compare} one=${pair[0]} other=${pair[1]} close=${() => setChosen([])} />`}
        ${opened && html`<${Opened} opened=${opened} busy=${at.busy} states=${opened.run ? statesOf(at.job) : {}} close=${() => setOpened(null)}
          run=${(file) => { setOpened((now) => ({ ...now, run: true })); at.run("/workflow", file); reveal(".result"); }} />`}
        <${Result} at=${at} again=${again} compare=${compare} chosen=${chosen} />
        ${look?.drawing && !opened && html`<section class="card" aria-labelledby="graph-title">
          <header><h2 id="graph-title">Graph</h2></header>
          <${Findings} problems=${look.problems} />
          <${Graph} drawing=${look.drawing} ...${(about?.preset === preset?.name ? { states: statesOf(about), spent: about?.metrics.nodes } : {})} /></section>`}
        ${preset && html`<${Code} preset=${preset.name} body=${shots} />`}
      </div>
      <div class="column past-jobs">
        <${History} at=${past} current=${at.job?.id} chosen=${chosen} choose=${compare}
          show=${(job) => { setOpened(null); at.follow(job); reveal(".result"); }} />
      </div>
    </main>`;
}

const root = document.getElementById("app");
root.replaceChildren();
render(html`<${App} />`, root);
