import { useEffect } from "preact/hooks";
import { t } from "../language/texts";
import { rawUrl } from "../net/files";
import { nameOf } from "../preview/kinds";
import { Preview } from "../preview/Preview";
import { fileHash, openedFile } from "../state/opened";
import { looksAtFiles } from "../state/rights";
import { route } from "../state/router";
import { Dialog } from "./Dialog";

/** Shows a file of home over the page, where an answer named it. */
export function FileSheet() {
  const path = openedFile.value;
  const close = () => {
    openedFile.value = null;
  };
  useEffect(close, [route.value]);
  if (path === null) return null;
  return (
    <Dialog title={nameOf(path)} open wide onClose={close}>
      <div class="file-sheet">
        <p class="buttons">
          <a class="text-button" href={rawUrl(path)} download={nameOf(path)}>
            {t("Download")}
          </a>
          {looksAtFiles.value && (
            <a class="text-button" href={fileHash(path)}>
              {t("Show in Files")}
            </a>
          )}
          <bdi class="quiet">{path}</bdi>
        </p>
        <Preview key={path} path={path} />
      </div>
    </Dialog>
  );
}
