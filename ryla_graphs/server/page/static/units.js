// Times, sizes and prices, as people read them.

export const milliseconds = (ms) => (ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`);
export const seconds = (count) => (count < 90 ? `${Math.max(1, Math.round(count))} s` : `${(count / 60).toFixed(1)} min`);
export const dollars = (usd) => (usd < 0.1 ? usd.toFixed(4).replace(/0+$/, "") : usd.toFixed(2));
export const bytes = (count) => (count < 1e6 ? `${Math.ceil(count / 1e3)} kB` : `${(count / 1e6).toFixed(1)} MB`);
