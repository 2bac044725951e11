import { bytes, dated, Dialog, nameOf, Outcome, Sure, t, TextButton, useAttempts } from "@starpod/page";
import { useEffect, useState } from "preact/hooks";
import type { InTrash } from "./protocol";
import { changes, erase, listTrash, putBack } from "./state";

/** What one has deleted, to be put back or to be gone for good. */
export function Trash({ onClose }: { onClose: () => void }) {
  const [found, setFound] = useState<readonly InTrash[] | null>(null);
  const attempts = useAttempts();
  const read = () =>
    attempts.attempt(async () => {
      setFound(await listTrash());
      return "";
    });
  useEffect(() => void read(), []);
  const act = (id: string, deed: () => Promise<string>) =>
    attempts.attempt(async () => {
      const said = await deed();
      setFound((before) => before?.filter((each) => each.id !== id) ?? null);
      changes.value++;
      return said;
    });
  const now = new Date();
  return (
    <Dialog title={t("Deleted files")} open onClose={onClose}>
      <div class="file-question">
        <Outcome of={attempts} />
        {found?.length === 0 && <p class="quiet">{t("Nothing that you have deleted is kept.")}</p>}
        {found !== null && found.length > 0 && (
          <ul class="trash" aria-label={t("Deleted files")}>
            {found.map((each) => (
              <li key={each.id}>
                <bdi>{each.path}</bdi>
                <small class="quiet">
                  {each.type === "directory"
                    ? t("folder")
                    : each.type === "link"
                      ? t("link")
                      : bytes(each.size)}
                  {" · "}
                  {t("kept until {when}", { when: dated(new Date(each.until), now) })}
                </small>
                <span class="buttons">
                  <TextButton
                    onClick={() =>
                      void act(each.id, async () => {
                        const { path } = await putBack(each.id);
                        return t("{name} is there again.", { name: path });
                      })
                    }
                  >
                    {t("Put back")}
                  </TextButton>
                  <Sure
                    sure={t("Delete it for good")}
                    onSure={() =>
                      void act(each.id, async () => {
                        await erase(each.id);
                        return t("{name} is gone for good.", { name: nameOf(each.path) });
                      })
                    }
                  >
                    {t("Delete for good")}
                  </Sure>
                </span>
              </li>
            ))}
          </ul>
        )}
      </div>
    </Dialog>
  );
}
