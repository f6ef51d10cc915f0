// Files of a form: chosen, dropped, pasted, or one of an earlier job.

import { blobOf } from "./api.js";
import { html, useEffect, useRef, useState } from "./html.js";
import { held, LARGE, pixels, scaled } from "./uploads.js";

export const DRAGGED = "application/x-ryla-output";

/** A file that was chosen and is still to be sent. */
export const waiting = (file) => ({ file, name: file.name || "pasted" });

export const fromOutput = (output, preview) => ({ send: output.id, name: output.name, preview });

/** Why a file is none for a field; nothing where it is. */
export function mismatch(field, file) {
  const [kind] = field.media.split("/");
  if (!kind || file.type.startsWith(`${kind}/`)) return "";
  return `${file.name || "This file"} is not ${kind === "image" ? "a picture" : kind} (${file.type || "unknown type"})`;
}

export function FileField({ field, common, value, change }) {
  const [over, setOver] = useState(false);
  const [refused, refuse] = useState("");
  const [share, setShare] = useState(null);
  const given = value?.send || value?.file ? value : null;
  const sending = useRef(null);
  useEffect(() => {
    const file = value?.send ? null : value?.file; // chosen here, or dropped or pasted elsewhere
    sending.current = file ?? null;
    setShare(file ? 0 : null);
    if (!file) return undefined;
    held(file, (part) => sending.current === file && setShare(part)).then(
      (done) => sending.current === file && change(done),
      (failure) => {
        if (sending.current !== file) return;
        refuse(failure.message);
        change(undefined);
      },
    );
    return () => { sending.current = null; };
  }, [value?.file, value?.send]);
  const take = (file) => {
    if (!file) return;
    const reason = mismatch(field, file);
    refuse(reason);
    if (!reason) change(waiting(file));
  };
  const drop = (event) => {
    event.preventDefault();
    event.stopPropagation();
    setOver(false);
    const output = event.dataTransfer.getData(DRAGGED);
    refuse("");
    if (output) change(JSON.parse(output));
    else take(event.dataTransfer.files[0]);
  };
  const hover = (event) => {
    event.preventDefault();
    setOver(true);
  };
  const many = pixels(given);
  return html`
    <div class=${`drop${over ? " over" : ""}`} onDragOver=${hover} onDragLeave=${() => setOver(false)} onDrop=${drop}
      data-file-field=${field.name}>
      <${Preview} given=${given ?? (field.along && { preview: field.along, name: value })} />
      <div class="chosen">
        <p class="hint">${given ? about(given) : said(field, value)}</p>
        ${share !== null && html`<progress max="1" value=${share} aria-label=${`Sending ${given?.name ?? "the file"}`}></progress>`}
        <div class="buttons">
          <input ...${common} type="file" accept=${field.media} onChange=${(event) => {
            take(event.target.files[0]);
            event.target.value = ""; // the same one may be chosen again
          }} />
          ${given && html`<button type="button" class="quiet" onClick=${() => { refuse(""); change(undefined); }}>Remove</button>`}
        </div>
        ${many > LARGE && given.file && html`<p class="note">${Math.round(many / 1e6)} megapixels are more than models look at.
          <button type="button" class="quiet" onClick=${async () => change(waiting(await scaled(given)))}>Scale it to 4</button></p>`}
      </div>
    </div>
    ${refused && html`<p class="error" role="alert">${refused}</p>`}`;
}

/** What a field says that holds no file: a graph names one that lies where it was saved, or brought it along. */
function said(field, value) {
  if (value && field.along) return `${value}, which came along.`;
  if (value && !field.required) return value;
  return value ? `${value} is not here. Choose a file, or drop one.` : "Drop a file here, paste one, or drag a result.";
}

const about = (given) => `${given.name}${given.size ? ` · ${given.size.width} × ${given.size.height}` : ""}`;

function Preview({ given }) {
  const [small, setSmall] = useState("");
  useEffect(() => {
    setSmall("");
    if (given?.small) blobOf(given.small).then(setSmall, () => {});
  }, [given?.small]);
  const shown = given?.preview || small;
  return shown && html`<img src=${shown} alt=${`Chosen: ${given.name}`} />`;
}
