import { t } from "@starpod/page";
import type { SectionProps } from "@starpod/page";
import { Edit } from "./Edit";
import { JobView } from "./JobView";
import { Jobs } from "./Jobs";
import { LIST, NEW, weekPlace } from "./state";
import { Week } from "./Week";

/** All jobs, a week of them, one of them, or a form for one. */
export default function View({ path }: SectionProps) {
  const [place, id] = path;
  return (
    <div class="desk schedule" role="region" aria-label={t("Schedule")} tabIndex={0}>
      <Places here={place} />
      <Place path={path} key={place === "job" ? `${id}/${path[2] === "edit"}` : place} />
    </div>
  );
}

function Place({ path: [place, id, what, instant] }: SectionProps) {
  if (place === "week") return <Week day={id} />;
  if (place === "new") return <Edit id={null} />;
  if (place !== "job" || id === undefined) return <Jobs />;
  return what === "edit" ? <Edit id={id} /> : <JobView id={id} instant={instant ?? null} />;
}

function Places({ here }: { here: string | undefined }) {
  const places = [
    { title: t("Jobs"), href: LIST, current: here === undefined },
    { title: t("Week"), href: weekPlace(), current: here === "week" },
    { title: t("New job"), href: NEW, current: here === "new" },
  ];
  return (
    <nav class="places" aria-label={t("Schedule")}>
      {places.map(({ title, href, current }) => (
        <a key={title} href={href} aria-current={current ? "page" : undefined}>
          {title}
        </a>
      ))}
    </nav>
  );
}
