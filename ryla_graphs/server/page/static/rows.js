// A list of things with fields of their own: LoRAs, views. Its value is JSON text, as that of the JSON field.

import { bodyOf, typedOf } from "./fields.js";
import { html, useEffect, useRef, useState } from "./html.js";
import { decode, encode } from "./json.js";

function rowsOf(field, text) {
  try {
    const found = decode(text || "[]");
    return Array.isArray(found) ? found.map((each) => typedOf(field.parts, each)) : [];
  } catch {
    return []; // an address that somebody wrote
  }
}

/** `row` draws a field, as it does in the form around it. */
export function Rows({ field, common, value, change, row: Row }) {
  const [rows, setRows] = useState(() => rowsOf(field, value));
  const sent = useRef(value);
  useEffect(() => {
    if (value !== sent.current) setRows(rowsOf(field, value)); // set from outside: another job, an address
    sent.current = value;
  }, [value]);
  const set = (now) => {
    setRows(now);
    sent.current = encode(now.map((typed) => bodyOf(field.parts, typed, decode)));
    change(now.length ? sent.current : undefined);
  };
  const edit = (place, name, text) => set(rows.map((typed, at) => {
    const { [name]: _, ...rest } = typed;
    return at !== place ? typed : text === undefined ? rest : { ...rest, [name]: text };
  }));
  return html`
    <div class="list" role="group" aria-label=${field.title}>
      ${rows.map((typed, place) => html`
        <fieldset key=${place}><legend>${field.title} ${place + 1}</legend>
          <div class="fields">${field.parts.map((part) => html`
            <${Row} key=${part.name} field=${part} prefix=${`${common.id}-${place}`} value=${typed[part.name]}
              change=${(text) => edit(place, part.name, text)} />`)}</div>
          <button type="button" class="quiet" onClick=${() => set(rows.filter((_, at) => at !== place))}>Remove</button>
        </fieldset>`)}
      <button id=${common.id} name=${common.name} type="button" aria-label=${`Add to ${field.title}`}
        aria-describedby=${common["aria-describedby"]} aria-invalid=${common["aria-invalid"]} disabled=${rows.length >= field.most} onClick=${() => set([...rows, {}])}>Add</button>
    </div>`;
}
