import { account, routeHash, t, toSection, type SectionProps } from "@starpod/page";
import { Account } from "./Account";
import { Audit } from "./Audit";
import { People } from "./People";
import { Person } from "./Person";

const PLACES = [
  { path: [], title: () => t("You") },
  { path: ["people"], title: () => t("People") },
  { path: ["log"], title: () => t("Audit log") },
];

/** One's own account, and for an admin all accounts. */
export default function View({ path: [place, id] }: SectionProps) {
  const admin = account.value?.role === "admin";
  return (
    <div class="desk" role="region" aria-label={t("Account")} tabIndex={0}>
      {admin && <Places here={place} />}
      {admin && place === "people" ? (
        id === undefined ? (
          <People />
        ) : (
          <Person key={id} id={id} />
        )
      ) : admin && place === "log" ? (
        <Audit />
      ) : (
        <Account />
      )}
    </div>
  );
}

function Places({ here }: { here: string | undefined }) {
  return (
    <nav class="places" aria-label={t("Account")}>
      {PLACES.map(({ path, title }) => (
        <a
          key={path[0] ?? ""}
          href={routeHash(toSection("account", ...path))}
          aria-current={path[0] === here ? "page" : undefined}
        >
          {title()}
        </a>
      ))}
    </nav>
  );
}
