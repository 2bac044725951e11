declare module "*.css";

/** All sections that subsystems bring, in order of their folders' names; see `scripts/sections.mjs`. */
declare module "@starpod/sections" {
  const sections: readonly import("./section").Section[];
  export default sections;
}
