// Files of a form: chosen, dropped, pasted, or an output of an earlier job.

import { html, useState } from "./html.js";

export const DRAGGED = "application/x-ryla-output";

/** A file as a form holds it: what is sent, its name, and where it can be looked at. */
export function fromFile(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve({ send: reader.result, name: file.name || "pasted", preview: URL.createObjectURL(file) });
    reader.onerror = () => reject(new Error(`${file.name} cannot be read`));
    reader.readAsDataURL(file);
  });
}

export const fromOutput = (output, preview) => ({ send: output.id, name: output.name, preview });

/** Why a file is none for a field; nothing where it is. */
export function mismatch(field, file) {
  const [kind] = field.media.split("/");
  if (!kind || file.type.startsWith(`${kind}/`)) return "";
  return `${file.name || "This file"} is no ${kind === "image" ? "picture" : kind} (${file.type || "unknown type"})`;
}

export function FileField({ field, common, value, change }) {
  const [over, setOver] = useState(false);
  const [refused, refuse] = useState("");
  const given = value && value.send ? value : null;
  const take = async (file) => {
    if (!file) return;
    const reason = mismatch(field, file);
    refuse(reason);
    if (!reason) change(await fromFile(file));
  };
  const drop = (event) => {
    event.preventDefault();
    event.stopPropagation();
    setOver(false);
    const output = event.dataTransfer.getData(DRAGGED);
    if (output) change(JSON.parse(output));
    else take(event.dataTransfer.files[0]);
  };
  const hover = (event) => {
    event.preventDefault();
    setOver(true);
  };
  return html`
    <div class=${`drop${over ? " over" : ""}`} onDragOver=${hover} onDragLeave=${() => setOver(false)} onDrop=${drop}
      data-file-field=${field.name}>
      ${given?.preview && html`<img src=${given.preview} alt=${`Chosen: ${given.name}`} />`}
      <div class="chosen">
        <p class="hint">${given ? given.name : "Drop a picture here, paste one, or drag a result."}</p>
        <div class="buttons">
          <input ...${common} type="file" accept=${field.media} onChange=${(event) => take(event.target.files[0])} />
          ${given && html`<button type="button" class="quiet" onClick=${() => change(undefined)}>Remove</button>`}
        </div>
      </div>
    </div>
    ${refused && html`<p class="error" role="alert">${refused}</p>`}`;
}
