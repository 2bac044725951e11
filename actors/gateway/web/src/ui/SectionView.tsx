import sections from "@starpod/sections";
import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { t } from "../language/texts";
import type { Section, SectionProps } from "../section";
import { TextButton } from "./buttons";

export function sectionOf(id: string): Section | undefined {
  return sections.find((section) => section.id === id);
}

const loaded = new Map<Section, ComponentType<SectionProps>>();

/** A section that another subsystem brings, loaded when it is first looked at. */
export function SectionView({ id, path }: { id: string; path: readonly string[] }) {
  const section = sectionOf(id);
  const [failed, setFailed] = useState(false);
  const [, drawAgain] = useState({});
  const View = section === undefined ? undefined : loaded.get(section);

  useEffect(() => {
    if (section === undefined || View !== undefined || failed) return;
    section.view().then(
      ({ default: view }) => {
        loaded.set(section, view);
        drawAgain({});
      },
      () => setFailed(true),
    );
  }, [section, View, failed]);

  if (section === undefined) return <p class="nothing">{t("There is no such place.")}</p>;
  if (View !== undefined) return <View path={path} />;
  if (!failed) return <p class="nothing">{t("Loading…")}</p>;
  return (
    <div class="nothing" role="alert">
      <p>{t("{title} could not be loaded.", { title: section.title() })}</p>
      <TextButton onClick={() => setFailed(false)}>{t("Try again")}</TextButton>
    </div>
  );
}
