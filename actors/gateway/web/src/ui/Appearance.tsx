import { choose, chosen, LANGUAGES, nameOf } from "../language/choice";
import { t } from "../language/texts";
import { theme, type Theme } from "../state/preferences";
import { toast } from "../state/toasts";

/** How the page looks in this browser. */
export function Appearance() {
  const speak = (code: string) =>
    void choose(code === "" ? null : code).catch(() => toast(t("The language could not be loaded.")));
  return (
    <div class="fields appearance">
      <label>
        {t("Language")}
        <select value={chosen.value ?? ""} onChange={(event) => speak(event.currentTarget.value)}>
          <option value="">{t("As the browser")}</option>
          {LANGUAGES.map((code) => (
            <option key={code} value={code} lang={code}>
              {nameOf(code)}
            </option>
          ))}
        </select>
      </label>
      <label>
        {t("Colours")}
        <select value={theme.value} onChange={(event) => (theme.value = event.currentTarget.value as Theme)}>
          <option value="system">{t("As the system")}</option>
          <option value="light">{t("Light")}</option>
          <option value="dark">{t("Dark")}</option>
        </select>
      </label>
      <p class="quiet wide">
        {t(
          "Both are of this browser and count at once. What the agent and its errors say is not translated.",
        )}
      </p>
    </div>
  );
}
