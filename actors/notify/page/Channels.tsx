import { t } from "@starpod/page";
import type { PartProps } from "./Mute";

const CHANNELS = [
  ["telegram", () => t("Telegram, if an account is linked")],
  ["webpush", () => t("Browsers that show notifications")],
  ["email", () => t("E-mail, if an address is known")],
] as const;

/** The ways by which one is told. */
export function Channels({ of, onChange }: PartProps) {
  return (
    <section aria-labelledby="channels">
      <h2 id="channels">{t("Ways")}</h2>
      <div class="channels">
        {CHANNELS.map(([name, words]) => (
          <label key={name}>
            <input
              type="checkbox"
              checked={of[name]}
              onChange={({ currentTarget: { checked } }) =>
                void onChange(
                  { [name]: checked },
                  checked ? t("{way}: on.", { way: words() }) : t("{way}: off.", { way: words() }),
                )
              }
            />
            {words()}
          </label>
        ))}
      </div>
    </section>
  );
}
