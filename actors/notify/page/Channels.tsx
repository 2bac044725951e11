import type { PartProps } from "./Mute";

const CHANNELS = [
  ["telegram", "Telegram, if an account is linked"],
  ["webpush", "Browsers that show notifications"],
  ["email", "E-mail, if an address is known"],
] as const;

/** The ways by which one is told. */
export function Channels({ of, onChange }: PartProps) {
  return (
    <section aria-labelledby="channels">
      <h2 id="channels">Ways</h2>
      <div class="channels">
        {CHANNELS.map(([name, words]) => (
          <label key={name}>
            <input
              type="checkbox"
              checked={of[name]}
              onChange={({ currentTarget: { checked } }) =>
                void onChange({ [name]: checked }, checked ? `${words}: on.` : `${words}: off.`)
              }
            />
            {words}
          </label>
        ))}
      </div>
    </section>
  );
}
