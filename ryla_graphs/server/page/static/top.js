// The head of the page, and the way in where a token is asked for.

import { token } from "./api.js";
import { html, useEffect, useRef, useState } from "./html.js";

const ICON = new URL("./icon.svg", import.meta.url).href;

export function Top({ engine, inspect, say }) {
  return html`
    <header class="top">
      <h1><img src=${ICON} alt="" width="24" height="24" />ryla_graphs</h1>
      ${engine && html`<span class="state">${engine}</span>`}
      <span class="space"></span>
      <label class="button quiet open">Open a graph
        <input type="file" class="heard" accept=".json,.latent,.exr,image/*,video/*,audio/*" onChange=${(event) => {
          if (event.target.files[0]) inspect(event.target.files[0]);
          event.target.value = "";
        }} /></label>
      ${navigator.clipboard && html`<button type="button" class="quiet" onClick=${() => navigator.clipboard.writeText(location.href)
        .then(() => say("The link is copied."))}>Copy link</button>`}
      ${token.get() && html`<button type="button" class="quiet" onClick=${() => { token.set(""); location.reload(); }}>Sign out</button>`}
    </header>`;
}

export function SignIn({ reason, enter }) {
  const [text, setText] = useState("");
  const field = useRef();
  useEffect(() => field.current.focus(), []); // it may be asked for where the page is scrolled down
  return html`
    <form class="card sign-in" aria-label="Token" onSubmit=${(event) => { event.preventDefault(); enter(text.trim()); }}>
      <label for="token">${reason}</label>
      <div class="pair">
        <input id="token" ref=${field} type="password" autocomplete="off" value=${text} onInput=${(event) => setText(event.target.value)} />
        <button class="main">Enter</button>
      </div>
      <p class="hint">It is kept in this tab until it is closed.</p>
    </form>`;
}
