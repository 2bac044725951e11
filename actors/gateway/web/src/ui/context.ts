import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { App } from "../state/app";

const Context = createContext<App | null>(null);

export const AppProvider = Context.Provider;

export function useApp(): App {
  const app = useContext(Context);
  if (app === null) throw new Error("a component stands outside of the page");
  return app;
}
