/** Drawn on a grid of 16 with one stroke width. They say nothing to a screen reader: the control beside them does. */

const PATHS = {
  alert: "M8 5v3.5M8 11h.01M8 2 1.500 13.500h13z",
  ask: "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zM6.200 6.400a1.800 1.800 0 1 1 2.700 1.500c-.600.350-.900.700-.900 1.300M8 11.300h.01",
  auto: "M8 2.500a5.500 5.500 0 1 0 0 11zM8 2.500a5.500 5.500 0 0 1 0 11",
  back: "M10 3.500 5.500 8l4.500 4.500",
  bin: "M2.500 4h11M6 4V2.500h4V4M4 4l.600 9.500h6.800L12 4M6.700 6.500v4.500M9.300 6.500v4.500",
  book: "M8 4C6.500 2.800 4.500 2.500 2 2.500v10c2.500 0 4.500.300 6 1.500 1.500-1.200 3.500-1.500 6-1.500v-10c-2.500 0-4.500.300-6 1.500zM8 4v10",
  box: "M2 3h12v3H2zM3 6v7.500h10V6M6.500 8.500h3",
  check: "m3 8.500 3.200 3.200L13 5",
  chevron: "m6 3.500 4.500 4.500L6 12.500",
  circle: "M8 3.500a4.500 4.500 0 1 0 0 9 4.500 4.500 0 0 0 0-9z",
  clip: "m13.500 7.300-5.600 5.600a3.400 3.400 0 0 1-4.800-4.800l5.800-5.800a2.250 2.250 0 0 1 3.200 3.200l-5.700 5.700a1.100 1.100 0 0 1-1.600-1.600l5.200-5.200",
  clock: "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zM8 4.700V8l2.300 1.700",
  copy: "M5.500 5.500v-3h8v8h-3M2.500 5.500h8v8h-8z",
  cross: "m3.500 3.500 9 9m0-9-9 9",
  down: "M8 2.500v11m4.500-4.500L8 13.500 3.500 9",
  file: "M9 1.500H3.500v13h9V5zM9 1.500V5h3.500",
  folder: "M1.500 3h4.500l1.500 2h7v8.500h-13z",
  image: "M2 3h12v10H2zM2 11l3.500-3.500L8.500 10l2-2L14 11M10.500 5.700h.01",
  join: "M3 2.500v4a3 3 0 0 0 3 3h7m-3-3 3 3-3 3",
  keys: "M1.500 4h13v8h-13zM4 6.500h.01M6.700 6.500h.01M9.400 6.500h.01M12 6.500h.01M5 9.500h6",
  locked: "M3.500 7h9v6.500h-9zM5.500 7V5a2.500 2.500 0 0 1 5 0v2",
  menu: "M2 4h12M2 8h12M2 12h12",
  more: "M3.500 8h.01M8 8h.01M12.500 8h.01",
  microphone:
    "M8 2a2 2 0 0 0-2 2v3.500a2 2 0 0 0 4 0V4a2 2 0 0 0-2-2zM3.700 7.500a4.300 4.300 0 0 0 8.600 0M8 11.800V14",
  moon: "M13.500 9.500A6 6 0 0 1 6.500 2.500a5.700 5.700 0 1 0 7 7z",
  pause: "M5.500 3.500v9M10.500 3.500v9",
  pencil: "m2.500 13.500.6-3L10.800 2.800l2.400 2.400-7.700 7.700z",
  pin: "M5.500 2h5M6 2v4.500L4 9h8L10 6.500V2M8 9v5",
  play: "m5 3 7.500 5L5 13z",
  plus: "M8 3v10M3 8h10",
  retry: "M13.500 3v3.500H10M13.200 6.400A5.600 5.600 0 1 0 13.600 9",
  search: "M7 2.500a4.500 4.500 0 1 0 0 9 4.500 4.500 0 0 0 0-9zm3.200 7.700 3.300 3.300",
  send: "M8 13.500v-11M3.500 7 8 2.500 12.500 7",
  skip: "M3.500 3.500 9.500 8l-6 4.500zM12.500 3.500v9",
  speaker:
    "M2.500 6v4h2.500L8.500 13V3L5 6zM10.800 5.800a3.100 3.100 0 0 1 0 4.400M12.700 3.900a5.800 5.800 0 0 1 0 8.200",
  square: "M4 4h8v8H4z",
  sun: "M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM8 1v1.500M8 13.500V15M1 8h1.500M13.500 8H15M3 3l1 1M12 12l1 1M13 3l-1 1M4 12l-1 1",
  tag: "M2.500 2.500h5L14 9l-5 5-6.500-6.500zM5.200 5.200h.01",
  unlocked: "M3.500 7h9v6.500h-9zM5.500 7V5a2.500 2.500 0 0 1 4.900-.700",
  up: "M8 13.500v-11M3.500 7 8 2.500l4.500 4.500",
  wrap: "M2 3.500h12M2 8h9.500a2.250 2.250 0 0 1 0 4.500H8M9.700 10.500l-2 2 2 2M2 12.500h3",
} as const;

export type IconName = keyof typeof PATHS;

/** Those that point along a line of text. */
const TURNS: ReadonlySet<IconName> = new Set(["back", "chevron", "join", "play", "skip"]);

export function Icon({ name }: { name: IconName }) {
  return <Drawing path={PATHS[name]} turns={TURNS.has(name)} />;
}

/** The `d` of a path as an icon. */
export function Drawing({ path, turns = false }: { path: string; turns?: boolean }) {
  return (
    <svg class={turns ? "icon turns" : "icon"} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={path} />
    </svg>
  );
}

/** The mark of the page: a star. */
export function Star() {
  return (
    <svg class="star" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <path d="M16 2l3.400 10.600L30 16l-10.600 3.400L16 30l-3.400-10.600L2 16l10.600-3.400z" />
    </svg>
  );
}
