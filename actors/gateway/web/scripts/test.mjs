// Bundles test/**/*.test.ts(x) with esbuild into a scratch folder and runs them with node --test.
// Arguments are passed on: `npm test -- --test-name-pattern=...`.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";
import { sections } from "./sections.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
// Inside node_modules, so that packages left out of the bundle are found from there.
const scratch = mkdtempSync(join(root, "node_modules/.tests-"));
const tests = readdirSync(join(root, "test"), { recursive: true }).filter((name) =>
  /\.test\.tsx?$/.test(name),
);

try {
  await esbuild.build({
    absWorkingDir: root,
    entryPoints: tests.map((name) => join("test", name)),
    outdir: scratch,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    packages: "external",
    plugins: [sections],
    jsx: "automatic",
    jsxImportSource: "preact",
    sourcemap: "inline",
    loader: { ".css": "empty" },
    logLevel: "warning",
  });
  const built = readdirSync(scratch, { recursive: true }).filter((name) => name.endsWith(".test.mjs"));
  const { status } = spawnSync(
    process.execPath,
    ["--enable-source-maps", "--test", ...process.argv.slice(2), ...built.map((name) => join(scratch, name))],
    { stdio: "inherit" },
  );
  process.exitCode = status ?? 1;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
