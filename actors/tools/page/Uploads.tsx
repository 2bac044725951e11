import { Icon, IconButton, t, TextButton } from "@starpod/page";
import { again, giveUp, goesTo, nextName, uploads, type Upload } from "./bringing";

/** What is on its way, and what did not get there. */
export function Uploads() {
  if (uploads.value.length === 0) return null;
  return (
    <ul class="uploads" aria-label={t("Uploads")}>
      {uploads.value.map((each) => (
        <li key={each.key}>
          <bdi class="cut">{goesTo(each)}</bdi>
          {each.problem === null ? <Progress of={each} /> : <Failed of={each} />}
          <IconButton
            icon="cross"
            label={
              each.problem === null
                ? t("Stop {name}", { name: each.name })
                : t("Forget {name}", { name: each.name })
            }
            onClick={() => giveUp(each.key)}
          />
        </li>
      ))}
    </ul>
  );
}

function Progress({ of: { name, share } }: { of: Upload }) {
  if (share === null) return <span class="quiet">{t("waits")}</span>;
  return <progress aria-label={t("{name} is being uploaded", { name })} max={1} value={share} />;
}

function Failed({ of: { key, name, problem, taken } }: { of: Upload }) {
  return (
    <span class="upload-problem">
      <span role="alert">
        <Icon name="alert" />
        {problem}
      </span>
      {taken ? (
        <>
          <TextButton onClick={() => again(key, { replace: true })}>{t("Replace it")}</TextButton>
          <TextButton onClick={() => again(key, { name: nextName(name) })}>{t("Keep both")}</TextButton>
        </>
      ) : (
        <TextButton onClick={() => again(key)}>{t("Try again")}</TextButton>
      )}
    </span>
  );
}
