// Builds the page into dist/: index.html, sw.js, and assets/ whose names carry a hash of their content.
// `--analyze` also prints what takes how much room in each file.
import { createHash } from "node:crypto";
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
/** Of a page that is installed, by their names: how large they are, and whether a system may cut their shape. */
const ICONS = ["app-192", "app-512", "maskable-192", "maskable-512", "apple-180"];
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
    esbuild.build({
      ...shared,
      entryPoints: ICONS.map((name) => `src/icons/${name}.png`),
      loader: { ".png": "copy" },
    }),
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

/** The worker knows what it has to keep, and is another one whenever anything of it is another. */
async function worker(files) {
  const built = { version: hash(files.join(" ")), files: files.map((path) => `assets/${basename(path)}`) };
  const { metafile } = await esbuild.build({
    ...shared,
    outdir: "dist",
    entryNames: "[name]",
    entryPoints: [WORKER],
    format: "iife",
    define: { BUILT: JSON.stringify(built) },
  });
  return metafile.outputs;
}

const hash = (text) => createHash("sha256").update(text).digest("hex").slice(0, 12);
const named = (outputs, name) => Object.keys(outputs).find((path) => basename(path).startsWith(`${name}-`));

/** What a browser needs to install the page. Its addresses are relative to its own, which lies below `assets/`. */
async function manifest(outputs) {
  const icons = ICONS.filter((name) => !name.startsWith("apple")).map((name) => {
    const [purpose, size] = name.split("-");
    const src = basename(named(outputs, name));
    return {
      src,
      sizes: `${size}x${size}`,
      type: "image/png",
      purpose: purpose === "maskable" ? purpose : "any",
    };
  });
  const text = JSON.stringify({
    name: "Starpod",
    short_name: "Starpod",
    description: "Your agent",
    start_url: "../",
    scope: "../",
    display: "standalone",
    background_color: "#f6f5f1",
    theme_color: "#0c5f63",
    icons,
  });
  const path = `dist/assets/manifest-${hash(text)}.webmanifest`;
  await writeFile(join(root, path), text);
  return path;
}

async function page(outputs, manifest) {
  const url = (path) => `/assets/${basename(path)}`;
  const find = (entry) => Object.keys(outputs).find((path) => outputs[path].entryPoint === entry);
  const app = find(ENTRIES.app);
  const preload = [...importedAtOnce(outputs, app)];
  const first = [app, outputs[app].cssBundle, find(ENTRIES.early), ...preload];
  const icon = named(outputs, "icon");
  const slots = {
    app: url(app),
    styles: url(outputs[app].cssBundle),
    early: url(find(ENTRIES.early)),
    icon: url(icon),
    touch: url(named(outputs, "apple-180")),
    manifest: url(manifest),
    preload: preload.map((path) => `<link rel="modulepreload" href="${url(path)}" />`).join("\n    "),
  };
  const template = await readFile(join(root, "src/index.html"), "utf8");
  const html = template.replace(/%(\w+)%/g, (_, slot) => slots[slot]);
  await writeFile(join(dist, "index.html"), html);
  return { first, shell: [...first, icon, manifest] };
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
const { first, shell } = await page(outputs, await manifest(outputs));
await report({ ...outputs, ...(await worker(shell)) }, first);
await frames();
