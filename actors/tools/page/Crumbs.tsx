import { t } from "@starpod/page";
import { placeOf } from "./state";

/** The way from home to here. */
export function Crumbs({ path }: { path: string }) {
  const names = path === "" ? [] : path.split("/");
  return (
    <nav class="crumbs" aria-label={t("Folders on the way")}>
      <ol>
        {[t("home"), ...names].map((name, index) => (
          <li key={index}>
            <a
              href={placeOf(names.slice(0, index).join("/"))}
              {...(index === names.length ? { "aria-current": "page" as const } : {})}
            >
              <bdi>{name}</bdi>
            </a>
          </li>
        ))}
      </ol>
    </nav>
  );
}
