// Finds what other subsystems bring to the page, `actors/<name>/page.tsx`, for esbuild: `@starpod/sections` is the list of
// them, and `@starpod/page` what they may use. `@starpod/languages` are the catalogues in `src/language`, each in a file
// of its own.
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

/** A module with the list of all sections: those with a rank by it, then the others by their folders' names. */
function list(files) {
  const imports = files.map((file, index) => `import section${index} from ${JSON.stringify(file)};`);
  const all = files.map((_, index) => `section${index}`);
  const ranked = `[${all}].sort((one, other) => (one.rank ?? 1000) - (other.rank ?? 1000))`;
  return `${imports.join("\n")}\nexport default ${ranked};`;
}

/** A module with all languages by their codes. */
function languages() {
  const folder = join(root, "src/language");
  const files = readdirSync(folder).filter((name) => name.endsWith(".json"));
  const loads = files
    .sort()
    .map(
      (name) => `${JSON.stringify(name.slice(0, -5))}: () => import(${JSON.stringify(join(folder, name))})`,
    );
  return `export default { ${loads.join(", ")} };`;
}

export const sections = {
  name: "sections",
  setup(build) {
    // Sections lie outside of this folder and use its packages; the paths in tsconfig.json are for the type checker.
    Object.assign(build.initialOptions, { nodePaths: [join(root, "node_modules")], tsconfigRaw: {} });
    build.onResolve({ filter: /^@starpod\/page$/ }, () => ({ path: join(root, "src/kit.ts") }));
    build.onResolve({ filter: /^@starpod\/sections$/ }, ({ path }) => ({ path, namespace: "sections" }));
    build.onResolve({ filter: /^@starpod\/languages$/ }, ({ path }) => ({ path, namespace: "sections" }));
    build.onLoad({ filter: /.*/, namespace: "sections" }, ({ path }) => ({
      contents: path === "@starpod/languages" ? languages() : list(sectionFiles()),
      resolveDir: root,
    }));
  },
};
