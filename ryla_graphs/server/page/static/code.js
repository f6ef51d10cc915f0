// The request that the form stands for, as code.

import { token } from "./api.js";
import { OF_GRAPHS } from "./graph_code.js";
import { html, useMemo, useRef, useState } from "./html.js";
import { OF_PRESETS, Placeholder } from "./preset_code.js";
import { valuesOf } from "./targets.js";

export function Code({ target, typed }) {
  const languages = target.preset ? OF_PRESETS : OF_GRAPHS;
  const names = Object.keys(languages);
  const [chosen, choose] = useState(names[0]);
  const [copied, setCopied] = useState(false);
  const tabs = useRef();
  const body = useMemo(() => valuesOf(target, typed, { file: (given) => (given.send.startsWith("data:") ? new Placeholder(given.name) : given.send) }),
    [target, typed]);
  const text = languages[chosen](target, body, location.origin, Boolean(token.get()));
  const keys = (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const next = (names.indexOf(chosen) + step + names.length) % names.length;
    choose(names[next]);
    tabs.current.children[next].focus();
  };
  const copy = async () => {
    await navigator.clipboard?.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), 1500);
  };
  return html`
    <section class="card" aria-labelledby="code-title">
      <header><h2 id="code-title">Code</h2>
        <div role="tablist" aria-label="Language" ref=${tabs} onKeyDown=${keys}>${names.map((name) => html`
          <button type="button" role="tab" key=${name} id=${`tab-${name}`} aria-selected=${name === chosen} aria-controls="code-panel"
            tabindex=${name === chosen ? 0 : -1} onClick=${() => choose(name)}>${name}</button>`)}</div>
        <span class="space"></span>
        ${navigator.clipboard && html`<button type="button" class="quiet" onClick=${copy}>${copied ? "Copied" : "Copy"}</button>`}
      </header>
      <pre id="code-panel" role="tabpanel" tabindex="0" aria-labelledby=${`tab-${chosen}`}><code>${text}</code></pre>
    </section>`;
}
