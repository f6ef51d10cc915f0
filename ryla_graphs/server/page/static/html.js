// The one door to what is vendored.
export {
  html, render, useState, useEffect, useMemo, useRef, useCallback, useLayoutEffect,
} from "./vendor/htm-preact.js";
