// The form at hand: what it stands for, what was typed into it, and what is wrong with that.

import { reveal } from "./acts.js";
import { Failure, json } from "./api.js";
import { errorsOf, unready } from "./errors.js";
import { typedOf } from "./fields.js";
import { mismatch, waiting } from "./files.js";
import { useCallback, useEffect, useRef, useState } from "./html.js";
import { encode } from "./json.js";
import * as link from "./link.js";
import { openGraph, presetTarget, sentBy, valuesOf } from "./targets.js";

export function useFilling() {
  const [target, setTarget] = useState(null);
  const [typed, setTyped] = useState({});
  const [errors, setErrors] = useState({});
  const [asking, setAsking] = useState(0);
  const before = useRef(null); // the preset and its values, while a graph is open
  const asked = useRef(0); // counts the forms that were asked for: only the last one is shown, however late others come
  const now = useRef({});
  now.current = { target, typed, fields: target?.fields ?? [] };

  /** Asks for a form; gives nothing where another was asked for since. */
  const latest = async (asking) => {
    const mine = ++asked.current;
    try {
      const found = await asking;
      return mine === asked.current ? found : null;
    } catch (failure) {
      if (mine === asked.current) throw failure;
      return null;
    }
  };
  const enter = (next, texts) => {
    asked.current++;
    setTarget(next);
    setTyped(texts);
    setErrors({});
  };
  const failed = useCallback((failure) => {
    if (failure.status === 401) return; // the token is asked for already
    setErrors(errorsOf(failure, now.current.fields));
    setAsking((count) => count + 1);
  }, []);
  const change = (name, value) => {
    setTyped(({ [name]: _, ...rest }) => (value === undefined ? rest : { ...rest, [name]: value }));
    setErrors(({ [name]: _, "": __, ...rest }) => rest);
  };

  /** A preset with texts of an address, or with the parameters of a job and its `files`, or with its example. */
  const open = useCallback(async (name, { texts, parameters, files } = {}) => {
    try {
      const found = await latest(json(`/presets/${encodeURIComponent(name)}`));
      if (!found) return;
      const next = presetTarget(found);
      enter(next, texts ? link.typedFrom(next.fields, texts) : typedOf(next.fields, parameters ?? next.example, files));
      before.current = null;
    } catch (failure) {
      failed(failure.status === 404 ? new Failure("not_found", `There is no preset '${name}' here. Choose another.`) : failure);
    }
  }, []);

  /** Whatever carries a graph; a picture that carries none goes into the form at hand. */
  const openFile = async (file, files) => {
    try {
      const next = await latest(openGraph(file));
      if (!next) return;
      if (!now.current.target?.opened) before.current = now.current;
      enter(next, typedOf(next.fields, Object.fromEntries(next.fields.map((field) => [field.name, field.initial])), files));
      reveal(".opened");
    } catch (failure) {
      const field = failure.status === 401 ? null : fieldFor(file);
      if (field) change(field.name, waiting(file));
      else failed(failure.status === 401 ? failure : new Failure(failure.code, `${file.name}: ${failure.message}`, failure.status));
    }
  };
  const fieldFor = (file) => {
    const fits = now.current.fields.filter((field) => field.kind === "file" && !mismatch(field, file));
    return fits.find((field) => !now.current.typed[field.name]) ?? fits[0];
  };
  /** A file that was pasted: into the field that has the focus, or one that is empty. */
  const paste = (file) => {
    const files = now.current.fields.filter((field) => field.kind === "file");
    const focused = document.activeElement?.closest?.("[data-file-field]")?.dataset.fileField;
    const field = files.find((each) => each.name === focused) ?? files.find((each) => !now.current.typed[each.name]) ?? files[0];
    if (!field) return openFile(file);
    const reason = mismatch(field, file);
    return reason ? setErrors((known) => ({ ...known, [field.name]: reason })) : change(field.name, waiting(file));
  };
  /** Back from a graph to the preset of before. */
  const close = (other) => {
    const back = before.current;
    before.current = null;
    return back?.target ? enter(back.target, back.typed) : open(other);
  };
  /** What an earlier job was given; `fresh` leaves out its seed. */
  const again = async (job, fresh) => {
    const files = new Map(job.inputs.map((input) => [input.name, input]));
    if (job.preset) {
      const { seed, ...others } = job.parameters;
      return open(job.preset, { parameters: fresh ? others : job.parameters, files });
    }
    try {
      const found = await latest(json(`/api/v2/jobs/${job.id}/workflow`));
      if (!found) return;
      const name = job.labels.name ?? `graph of job ${job.id.slice(0, 8)}`;
      await openFile(new File([encode(found.workflow)], name, { type: "application/json" }), files);
    } catch (failure) {
      failed(failure);
    }
  };
  /** What Run sends; nothing where something is not ready, which is said at its field. A graph as it came is sent as it came. */
  const body = () => {
    const { target: about, typed: texts, fields } = now.current;
    const problems = unready(fields, texts);
    const values = valuesOf(about, texts, { problems });
    if (problems.length) return failed(new Failure("unready", "", 422, problems));
    setErrors({});
    return about.opened && !Object.keys(texts).length ? about.file : sentBy(about, values);
  };

  useEffect(() => {
    if (target?.preset) link.show(target.preset, typed);
  }, [target, typed]);
  return { target, typed, errors, asking, fields: now.current.fields, setTarget, setErrors, failed, change, open, openFile, paste, close, again, body };
}
