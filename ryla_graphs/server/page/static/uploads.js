// Files on their way to the server: large ones are uploaded once, and named by their id from then on.

import { Failure, onLocked, token } from "./api.js";

/** Smaller files travel inside the request that needs them. */
const INLINE = 256 * 1024;
const KEPT = 7 * 24 * 3600;

/** A file as a form holds it: what is sent, its name, and where it can be looked at. `onShare` gets the share that is sent. */
export async function held(file, onShare) {
  const preview = URL.createObjectURL(file);
  const about = { name: file.name || "pasted", preview, size: await sizeOf(file, preview), file };
  return { ...about, send: file.size <= INLINE ? await inline(file) : await upload(file, onShare) };
}

function inline(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(new Failure("unreadable", `${file.name} cannot be read`));
    reader.readAsDataURL(file);
  });
}

/** The id of the asset that a file becomes. By XMLHttpRequest, since `fetch` does not say how much has been sent. */
function upload(file, onShare) {
  const form = new FormData();
  form.append("content_type", file.type || "application/octet-stream");
  form.append("file_path", file.name || "pasted");
  form.append("expires_in", String(KEPT));
  form.append("file", file);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", "/api/v2/assets");
    if (token.get()) request.setRequestHeader("Authorization", `Bearer ${token.get()}`);
    request.upload.onprogress = (event) => event.lengthComputable && onShare(event.loaded / event.total);
    request.onerror = () => reject(new Failure("unreachable", `${file.name} could not be sent: the server cannot be reached`));
    request.onload = () => {
      const answer = read(request.responseText);
      if (request.status < 300 && answer?.id) return resolve(answer.id);
      if (request.status === 401) onLocked.act();
      const error = answer?.error ?? {};
      return reject(new Failure(error.code ?? "unknown", error.message ?? `the server answered ${request.status}`, request.status));
    };
    request.send(form);
  });
}

function read(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** The size of a picture in pixels, without unfolding it; null for what is none. */
function sizeOf(file, address) {
  if (!file.type.startsWith("image/")) return null;
  return new Promise((resolve) => {
    const image = new Image();
    image.onload = () => resolve({ width: image.naturalWidth, height: image.naturalHeight });
    image.onerror = () => resolve(null);
    image.src = address;
  });
}

/** More than models look at: larger pictures only cost time. */
export const LARGE = 8e6;
const SCALED = 4e6;

export const pixels = (given) => (given?.size ? given.size.width * given.size.height : 0);

/** A picture made smaller, in its shape and its way up. */
export async function scaled(given) {
  const share = Math.sqrt(SCALED / pixels(given));
  const width = Math.round(given.size.width * share), height = Math.round(given.size.height * share);
  const bitmap = await createImageBitmap(given.file, { resizeWidth: width, resizeHeight: height, resizeQuality: "high" });
  const canvas = new OffscreenCanvas(width, height);
  canvas.getContext("2d").drawImage(bitmap, 0, 0);
  bitmap.close();
  const type = given.file.type === "image/png" ? "image/png" : "image/jpeg";
  const blob = await canvas.convertToBlob({ type, quality: 0.95 });
  return new File([blob], given.name, { type });
}
