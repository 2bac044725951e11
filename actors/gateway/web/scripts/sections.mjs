// Finds what other subsystems bring to the page, `actors/<name>/page.tsx`, for esbuild: `@starpod/sections` is the list of
// them, and `@starpod/page` what they may use.
import { existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const actors = join(root, "../..");

function sectionFiles() {
  return readdirSync(actors)
    .map((name) => join(actors, name, "page.tsx"))
    .filter((file) => existsSync(file))
    .sort();
}

/** A module with the list of all sections. */
function list(files) {
  const imports = files.map((file, index) => `import section${index} from ${JSON.stringify(file)};`);
  return `${imports.join("\n")}\nexport default [${files.map((_, index) => `section${index}`)}];`;
}

export const sections = {
  name: "sections",
  setup(build) {
    // Sections lie outside of this folder and use its packages; the paths in tsconfig.json are for the type checker.
    Object.assign(build.initialOptions, { nodePaths: [join(root, "node_modules")], tsconfigRaw: {} });
    build.onResolve({ filter: /^@starpod\/page$/ }, () => ({ path: join(root, "src/kit.ts") }));
    build.onResolve({ filter: /^@starpod\/sections$/ }, ({ path }) => ({ path, namespace: "sections" }));
    build.onLoad({ filter: /.*/, namespace: "sections" }, () => ({
      contents: list(sectionFiles()),
      resolveDir: root,
    }));
  },
};
