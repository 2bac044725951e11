import { useEffect, useState } from "preact/hooks";
import { t } from "../language/texts";
import { composerOf } from "../state/composer";
import { dropTarget } from "../state/drop";
import { openSession } from "../state/router";
import { Icon } from "./icons";

const carriesFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") === true;

/** Lets files be dropped anywhere on the page. */
export function DropZone() {
  const [over, setOver] = useState(false);
  useEffect(() => {
    const drag = (event: DragEvent) => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      setOver(true);
    };
    const leave = (event: DragEvent) => {
      if (event.relatedTarget === null) setOver(false);
    };
    const drop = (event: DragEvent) => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      setOver(false);
      const files = event.dataTransfer?.files ?? [];
      if (dropTarget.value === null) composerOf(openSession.value).attach(files);
      else dropTarget.value.take(files);
    };
    addEventListener("dragover", drag);
    addEventListener("dragleave", leave);
    addEventListener("drop", drop);
    return () => {
      removeEventListener("dragover", drag);
      removeEventListener("dragleave", leave);
      removeEventListener("drop", drop);
    };
  }, []);
  if (!over) return null;
  return (
    <div class="drop" aria-hidden="true">
      <Icon name="clip" /> {dropTarget.value?.words ?? t("Drop files to attach them")}
    </div>
  );
}
