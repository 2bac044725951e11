/** What sections of other subsystems may use of the page, as `@starpod/page`. */

export { used } from "./conversation/figures";
export * from "./format";
export { ApiError, request } from "./net/api";
export type { Figures, Usage } from "./protocol";
export type { Section, SectionProps } from "./section";
export { Poll } from "./state/poll";
export { routeHash, toSection, toSession } from "./state/router";
export { CopyButton, IconButton, TextButton } from "./ui/buttons";
export { useApp } from "./ui/context";
export { useNow } from "./ui/hooks";
export { Icon } from "./ui/icons";
