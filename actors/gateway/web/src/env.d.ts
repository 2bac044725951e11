declare module "*.css";

/** All sections that subsystems bring, in the order in which they are shown; see `scripts/sections.mjs`. */
declare module "@starpod/sections" {
  const sections: readonly import("./section").Section[];
  export default sections;
}

/** All languages but English by their codes, each loaded when it is called for; see `scripts/sections.mjs`. */
declare module "@starpod/languages" {
  const languages: Readonly<
    Record<string, () => Promise<{ readonly default: import("./language/texts").Catalogue }>>
  >;
  export default languages;
}
