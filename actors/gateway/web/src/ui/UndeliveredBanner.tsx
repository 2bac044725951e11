import { n } from "../language/texts";
import { route, routeHash, toSection } from "../state/router";
import { undelivered } from "../state/undelivered";

/** The section that shows them. */
const SECTION = "notify";

/** Says that something has not arrived where it was to, wherever one is but where it is shown. */
export function UndeliveredBanner() {
  const here = route.value;
  const count = undelivered.value;
  if (count === 0 || (here.view === "section" && here.section === SECTION)) return null;
  return (
    <div class="banner warning" role="status">
      <span>{n(count, "A message could not be delivered.", "{n} messages could not be delivered.")}</span>
      <a class="text-button" href={routeHash(toSection(SECTION))}>
        {n(count, "Look at it", "Look at them")}
      </a>
    </div>
  );
}
