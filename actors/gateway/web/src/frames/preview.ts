/** What shows a page or a drawing of a model, with its scripts, in a frame of its own: see `markdown/Framed.tsx`. */

addEventListener("message", ({ source, data }: MessageEvent<{ source: string }>) => {
  if (source !== parent) return;
  document.open();
  document.write(data.source);
  document.close();
});
parent.postMessage({ kind: "ready" }, "*");
