// Builds the page into dist/: index.html, sw.js, and assets/ whose names carry a hash of their content.
// `--analyze` also prints what takes how much room in each file.
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import * as esbuild from "esbuild";
import { sections } from "./sections.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const dist = join(root, "dist");
/** Names of the files index.html points to, as esbuild is told to call them. */
const ENTRIES = { app: "src/main.tsx", early: "src/early.ts", icon: "src/icon.svg" };
/** The worker of the page. It answers for what is below its own address, so it stands above the assets, by its name. */
const WORKER = "src/sw.ts";

const shared = {
  absWorkingDir: root,
  outdir: "dist/assets",
  bundle: true,
  minify: true,
  metafile: true,
  target: ["es2022"],
  entryNames: "[name]-[hash]",
  chunkNames: "[name]-[hash]",
  assetNames: "[name]-[hash]",
  legalComments: "none",
};

/** What is shown in a frame of its own, each with its script in it: a frame of no origin may load none from here. */
const FRAMES = ["diagram", "preview"];

async function frames() {
  await mkdir(join(dist, "frames"), { recursive: true });
  for (const name of FRAMES) {
    const { outputFiles, metafile } = await esbuild.build({
      ...shared,
      entryPoints: [`src/frames/${name}.ts`],
      format: "iife",
      write: false,
    });
    if (process.argv.includes("--analyze")) console.log(await esbuild.analyzeMetafile(metafile));
    const template = await readFile(join(root, "src/frames/frame.html"), "utf8");
    const html = template.replace("%script%", () => outputFiles[0].text);
    await writeFile(join(dist, "frames", `${name}.html.gz`), gzipSync(html, { level: 9 }));
    console.log(
      `${(html.length / 1000).toFixed(1).padStart(7)} kB  in its own frame, when it is needed  ${name}.html`,
    );
  }
}

/** Returns the output files of all builds by path, with the metafile's description of each. */
async function bundle() {
  const builds = await Promise.all([
    esbuild.build({
      ...shared,
      entryPoints: { app: ENTRIES.app },
      format: "esm",
      splitting: true,
      jsx: "automatic",
      jsxImportSource: "preact",
      plugins: [sections],
    }),
    // A classic script: it runs before the first paint, which a module would not.
    esbuild.build({ ...shared, entryPoints: { early: ENTRIES.early }, format: "iife" }),
    esbuild.build({ ...shared, entryPoints: { icon: ENTRIES.icon }, loader: { ".svg": "copy" } }),
    esbuild.build({ ...shared, outdir: "dist", entryNames: "[name]", entryPoints: [WORKER], format: "iife" }),
  ]);
  if (process.argv.includes("--analyze")) {
    for (const build of builds) console.log(await esbuild.analyzeMetafile(build.metafile));
  }
  return Object.assign({}, ...builds.map((build) => build.metafile.outputs));
}

/** Chunks that a file imports at once, directly or through another one. */
function importedAtOnce(outputs, path, found = new Set()) {
  for (const { path: imported, kind } of outputs[path].imports) {
    if (kind !== "import-statement" || found.has(imported)) continue;
    found.add(imported);
    importedAtOnce(outputs, imported, found);
  }
  return found;
}

async function page(outputs) {
  const url = (path) => `/assets/${basename(path)}`;
  const find = (entry) => Object.keys(outputs).find((path) => outputs[path].entryPoint === entry);
  const app = find(ENTRIES.app);
  const preload = [...importedAtOnce(outputs, app)];
  const first = [app, outputs[app].cssBundle, find(ENTRIES.early), ...preload];
  const slots = {
    app: url(app),
    styles: url(outputs[app].cssBundle),
    early: url(find(ENTRIES.early)),
    icon: url(Object.keys(outputs).find((path) => basename(path).startsWith("icon-"))),
    preload: preload.map((path) => `<link rel="modulepreload" href="${url(path)}" />`).join("\n    "),
  };
  const template = await readFile(join(root, "src/index.html"), "utf8");
  const html = template.replace(/%(\w+)%/g, (_, slot) => slots[slot]);
  await writeFile(join(dist, "index.html"), html);
  return first;
}

async function report(outputs, first) {
  const kilobytes = (bytes) => `${(bytes / 1000).toFixed(1).padStart(7)} kB`;
  let sum = 0;
  for (const path of Object.keys(outputs).sort()) {
    const bytes = await readFile(join(root, path));
    const zipped = gzipSync(bytes).length;
    if (first.includes(path)) sum += zipped;
    console.log(
      `${kilobytes(bytes.length)} ${kilobytes(zipped)} gz  ${first.includes(path) ? "*" : " "} ${path}`,
    );
  }
  console.log(`first load (*): ${kilobytes(sum).trim()} gz`);
}

await rm(dist, { recursive: true, force: true });
const outputs = await bundle();
await report(outputs, await page(outputs));
await frames();
