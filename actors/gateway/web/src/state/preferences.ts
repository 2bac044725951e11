/** Choices of the person at this browser. */

import { effect, signal } from "@preact/signals";
import { load, save } from "./storage";

export type Theme = "system" | "light" | "dark";

export const theme = signal<Theme>(load<Theme>("theme") ?? "system");
/** Whether the list of conversations is folded away; on small screens it always is until asked for. */
export const sidebarHidden = signal<boolean>(load<boolean>("sidebar-hidden") ?? false);
/** Model for the messages that follow; null takes the daemon's default. */
export const chosenModel = signal<string | null>(load<string>("model"));

export function nextTheme(): void {
  const order: Record<Theme, Theme> = { system: "light", light: "dark", dark: "system" };
  theme.value = order[theme.value];
}

/** Stores choices as they are made and applies the theme. */
export function keepPreferences(): void {
  effect(() => {
    save("theme", theme.value === "system" ? null : theme.value);
    document.documentElement.dataset.theme = theme.value;
  });
  effect(() => save("sidebar-hidden", sidebarHidden.value || null));
  effect(() => save("model", chosenModel.value));
}
