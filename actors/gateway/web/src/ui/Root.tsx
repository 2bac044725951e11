import { locked } from "../net/access";
import { Locked } from "./Locked";
import { Page } from "./Page";
import { Toasts } from "./Toasts";

export function Root() {
  if (!locked.value) return <Page />;
  return (
    <>
      <Locked />
      <Toasts />
    </>
  );
}
