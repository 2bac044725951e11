/** Choices of the person at this browser. */

import { effect, signal } from "@preact/signals";
import type { Session } from "../protocol";
import { load, save } from "./storage";

export type Theme = "system" | "light" | "dark";

export const theme = signal<Theme>(load<Theme>("theme") ?? "system");
/** Whether the list of conversations is folded away; on small screens it always is until asked for. */
export const sidebarHidden = signal<boolean>(load<boolean>("sidebar-hidden") ?? false);
/** What conversations that are begun here are to use; null is as configured. A conversation keeps what it began with. */
export const chosenModel = signal<string | null>(load<string>("model"));
export const chosenEffort = signal<Session["effort"]>(load<NonNullable<Session["effort"]>>("model.effort"));

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
  effect(() => save("model.effort", chosenEffort.value));
}
