import { t } from "@starpod/page";
import { useState } from "preact/hooks";
import type { Choice } from "./protocol";

export interface Tried {
  readonly choice: Choice;
  readonly model: string;
  readonly key: string;
}

interface KeyFieldsProps {
  readonly choices: readonly Choice[];
  readonly button: string;
  /** Returns whether it works. */
  readonly onTry: (tried: Tried) => Promise<boolean>;
}

const NAMES: Readonly<Record<string, string | (() => string)>> = {
  anthropic: "Anthropic",
  openai: "OpenAI",
  gemini: "Google Gemini",
  groq: "Groq",
  deepseek: "DeepSeek",
  openrouter: "OpenRouter",
  ollama: () => t("Ollama, on this machine"),
};

function nameOf(provider: string): string {
  const name = NAMES[provider] ?? provider;
  return typeof name === "string" ? name : name();
}

/** A provider, one of its models and its key. */
export function KeyFields({ choices, button, onTry }: KeyFieldsProps) {
  const [provider, setProvider] = useState(choices[0]?.provider ?? "anthropic");
  const [named, setNamed] = useState<string | null>(null);
  const [key, setKey] = useState("");
  const [busy, setBusy] = useState(false);
  const choice = choices.find((each) => each.provider === provider) ?? choices[0];
  if (choice === undefined) return <p class="quiet">{t("There is no provider to choose.")}</p>;
  const model = named ?? (choice.variable === null ? choice.models[0] : choice.model) ?? "";
  const attempt = async () => {
    setBusy(true);
    if (await onTry({ choice, model: model.trim(), key: key.trim() })) setKey("");
    setBusy(false);
  };
  // Not a form of its own: it may stand within one.
  const onEnter = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || busy) return;
    event.preventDefault();
    void attempt();
  };
  return (
    <div class="fields key-fields">
      <label>
        {t("Provider")}
        <select
          value={provider}
          onChange={(event) => {
            setProvider(event.currentTarget.value);
            setNamed(null);
            setKey("");
          }}
        >
          {choices.map((each) => (
            <option key={each.provider} value={each.provider}>
              {nameOf(each.provider)}
            </option>
          ))}
        </select>
      </label>
      <label>
        {t("Model")}
        <input
          class="mono"
          list="models-of-provider"
          value={model}
          autocapitalize="off"
          spellcheck={false}
          onKeyDown={onEnter}
          onInput={(event) => setNamed(event.currentTarget.value)}
        />
        <datalist id="models-of-provider">
          {choice.models.map((each) => (
            <option key={each} value={each} />
          ))}
        </datalist>
      </label>
      {choice.variable !== null && (
        <label>
          {t("Key")}
          <input
            class="mono"
            type="password"
            value={key}
            autocomplete="new-password"
            placeholder={choice.has_key ? t("As it is") : ""}
            onKeyDown={onEnter}
            onInput={(event) => setKey(event.currentTarget.value)}
          />
        </label>
      )}
      <div class="buttons">
        <button
          type="button"
          class="primary"
          disabled={
            busy || model.trim() === "" || (choice.variable !== null && !choice.has_key && key.trim() === "")
          }
          onClick={() => void attempt()}
        >
          {busy ? t("Trying…") : button}
        </button>
      </div>
    </div>
  );
}
