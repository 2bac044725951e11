// Serves dist/ over a fake gateway that plays scripted conversations: `npm run build && npm run dev -- [port]`.
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import * as esbuild from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const outfile = join(root, "node_modules/.dev/serve.mjs");
process.chdir(root);
await esbuild.build({
  entryPoints: ["test/fake/serve.ts"],
  outfile,
  bundle: true,
  format: "esm",
  platform: "node",
  packages: "external",
});
await import(pathToFileURL(outfile));
