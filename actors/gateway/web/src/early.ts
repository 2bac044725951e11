import { BASE } from "./net/base";

// Runs before the first paint: a chosen theme must not flash up in the other one.
try {
  const theme: unknown = JSON.parse(localStorage.getItem(`starpod${BASE}.theme`) ?? '"system"');
  document.documentElement.dataset.theme = theme === "light" || theme === "dark" ? theme : "system";
} catch {
  document.documentElement.dataset.theme = "system";
}
