// The address of a form: `#/flux-dev?prompt=…` holds values, never a token; `#token=…` is taken out at once.

import { token } from "./api.js";
import { kept } from "./fields.js";

/** Text of an address, which anyone may have written. */
function plain(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The preset and the texts that the address names; a token in it goes to the session and leaves the address bar. */
export function read() {
  const hash = location.hash.slice(1);
  if (hash.startsWith("token=")) {
    const [given, rest = ""] = hash.slice(6).split("#");
    token.set(plain(given));
    history.replaceState(null, "", `${location.pathname}${rest && `#${rest}`}`);
    return read();
  }
  const [path, query = ""] = hash.split("?");
  return { preset: plain(path.replace(/^\//, "")), texts: Object.fromEntries(new URLSearchParams(query)) };
}

/** The texts of an address as a form holds them. */
export function typedFrom(fields, texts) {
  const typed = {};
  for (const field of fields) {
    const text = texts[field.name];
    if (text === undefined) continue;
    if (field.kind === "boolean") typed[field.name] = text === "true";
    else if (field.kind === "file") typed[field.name] = kept(text);
    else typed[field.name] = text;
  }
  return typed;
}

/** The fragment for a form. Files that are not on the server or the web are left out: they are too large. */
export function write(preset, typed) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(typed)) {
    const text = typeof value === "object" ? value.send : String(value);
    if (text && !text.startsWith("data:") && text.length < 8000) query.set(name, text);
  }
  const asked = query.toString();
  return `#/${encodeURIComponent(preset)}${asked && `?${asked}`}`;
}

export const show = (preset, typed) =>
  history.replaceState(null, "", `${location.pathname}${write(preset, typed)}`);
