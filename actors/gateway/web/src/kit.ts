/** What sections of other subsystems may use of the page, as `@starpod/page`. */

export { used } from "./conversation/figures";
export * from "./format";
export { fixed, n, rich, t, tag } from "./language/texts";
export { ApiError, request, send, type Mistake } from "./net/api";
export type { Approval, Figures, Grant, Usage } from "./protocol";
export type { Section, SectionProps } from "./section";
export { account } from "./state/account";
export { beginWith } from "./state/begin";
export { Poll } from "./state/poll";
export * as push from "./state/push";
export { FRESH, go, routeHash, toSection, toSession } from "./state/router";
export { countUndelivered, undelivered } from "./state/undelivered";
export { jobName, titleOf } from "./title";
export { Appearance } from "./ui/Appearance";
export { ApprovalCard } from "./ui/Approval";
export { outcome } from "./ui/approval-text";
export { Outcome, useAttempts, type Attempts } from "./ui/attempts";
export { CopyButton, IconButton, TextButton } from "./ui/buttons";
export { useApp } from "./ui/context";
export { Dialog } from "./ui/Dialog";
export { useNow } from "./ui/hooks";
export { visible } from "./visible";
export { Icon, type IconName } from "./ui/icons";
export { Revisions, type RevisionRow } from "./ui/Revisions";
export { Sure } from "./ui/Sure";
