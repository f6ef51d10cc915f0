// What happens anywhere on the page: keys, files that fall onto it or are pasted, scrolling.

import { useEffect, useRef } from "./html.js";

/** Brings a part of the page onto the screen where it is not there: on phones all is one column. */
export function reveal(selector) {
  requestAnimationFrame(() => {
    const part = document.querySelector(selector);
    const box = part?.getBoundingClientRect();
    if (box && (box.top < 0 || box.top > innerHeight * 0.6)) part.scrollIntoView({ block: "start" });
  });
}

/** `run` and `at` for keys; `inspect` gets a file that was dropped, `fill` one that was pasted. */
export function useActs(does) {
  const now = useRef(does);
  now.current = does;
  useEffect(() => {
    const keys = (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        if (!now.current.at.busy) now.current.run();
      }
      if (event.key === "Escape" && now.current.at.job && now.current.at.busy) now.current.at.cancel();
    };
    const over = (event) => event.preventDefault();
    const drop = (event) => {
      event.preventDefault();
      if (event.dataTransfer.files[0]) now.current.inspect(event.dataTransfer.files[0]);
    };
    const paste = (event) => {
      const [file] = event.clipboardData.files;
      if (!file) return;
      event.preventDefault();
      now.current.fill(file);
    };
    const all = { keydown: keys, dragover: over, drop, paste };
    for (const [name, act] of Object.entries(all)) document.addEventListener(name, act);
    return () => { for (const [name, act] of Object.entries(all)) document.removeEventListener(name, act); };
  }, []);
}
