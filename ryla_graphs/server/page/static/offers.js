// What a text field offers: weights that the server has, LoRAs of the caller.

import { json } from "./api.js";
import { useEffect, useState } from "./html.js";

let asked = null;

/** The caller's LoRAs, asked for once until one may have been added. */
function loras() {
  asked ??= json("/loras").then(({ loras: found }) => found.map((lora) => [lora.id, words(lora)]));
  asked.catch(() => { asked = null; });
  return asked;
}

const words = (lora) => [lora.name, ...lora.families].join(" · ");

/** Pairs of a value and what it is. */
export function useOffered(field) {
  const [found, setFound] = useState([]);
  useEffect(() => {
    if (field.format === "ryla-lora") loras().then(setFound, () => {});
  }, [field.name]);
  return field.format === "ryla-lora" ? found : field.offered.map((each) => [each, ""]);
}
