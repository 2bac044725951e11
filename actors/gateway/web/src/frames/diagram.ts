/** What draws a diagram, in a frame of its own: see `markdown/Framed.tsx`. It never meets the page. */

import mermaid from "mermaid";

const tell = (said: unknown) => parent.postMessage(said, "*");

async function draw(source: string, dark: boolean): Promise<void> {
  // As the page around it: otherwise its ground would be white.
  document.documentElement.style.colorScheme = dark ? "dark" : "light";
  mermaid.initialize({
    startOnLoad: false,
    securityLevel: "strict",
    theme: dark ? "dark" : "default",
    fontFamily: "system-ui, sans-serif",
  });
  try {
    const { svg } = await mermaid.render("drawn", source);
    document.body.replaceChildren(document.createRange().createContextualFragment(svg));
    tell({ height: document.body.scrollHeight });
  } catch (error) {
    document.body.replaceChildren();
    tell({ failed: error instanceof Error ? error.message : String(error) });
  }
}

addEventListener("message", ({ source, data }: MessageEvent<{ source: string; looks: string }>) => {
  if (source === parent) void draw(data.source, data.looks === "dark");
});
addEventListener("resize", () => tell({ height: document.body.scrollHeight }));
tell({ kind: "ready" });
