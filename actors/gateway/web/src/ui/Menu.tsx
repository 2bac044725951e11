import { useEffect, useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import { Icon, type IconName } from "./icons";

export interface MenuItem {
  readonly label: string;
  readonly icon?: IconName;
  readonly act: () => void;
}

interface MenuProps {
  /** Of the button. */
  readonly label: string;
  readonly icon?: IconName;
  readonly class?: string;
  /** Is asked for when the menu opens; what is false is left out. */
  readonly items: () => readonly (MenuItem | false)[];
}

/** A button that opens a menu. Arrow keys, Home, End and first letters go through it; Escape gives the focus back. */
export function Menu({ label, icon = "more", class: extra = "", items }: MenuProps) {
  const [open, setOpen] = useState(false);
  const id = useId();
  const button = useRef<HTMLButtonElement>(null);
  const close = (focus: boolean) => {
    setOpen(false);
    if (focus) button.current?.focus();
  };
  return (
    <>
      <button
        ref={button}
        type="button"
        class={`icon-button ${extra}`}
        aria-label={label}
        title={label}
        aria-haspopup="menu"
        aria-expanded={open}
        aria-controls={id}
        onClick={() => setOpen(!open)}
      >
        <Icon name={icon} />
      </button>
      {open && <Items id={id} label={label} items={items()} at={button.current} onClose={close} />}
    </>
  );
}

interface ItemsProps {
  id: string;
  label: string;
  items: readonly (MenuItem | false)[];
  at: HTMLElement | null;
  onClose: (focus: boolean) => void;
}

function Items({ id, label, items, at, onClose }: ItemsProps) {
  const list = useRef<HTMLUListElement>(null);
  useLayoutEffect(() => {
    const box = list.current;
    if (box === null || at === null) return;
    place(box, at.getBoundingClientRect());
    box.querySelector<HTMLElement>("button")?.focus();
  }, []);
  useEffect(() => {
    const elsewhere = (event: Event) => {
      const target = event.target as Node;
      if (list.current?.contains(target) !== true && at?.contains(target) !== true) onClose(false);
    };
    const gone = () => onClose(false);
    addEventListener("pointerdown", elsewhere, true);
    addEventListener("resize", gone);
    return () => {
      removeEventListener("pointerdown", elsewhere, true);
      removeEventListener("resize", gone);
    };
  }, []);
  return (
    <ul
      ref={list}
      id={id}
      class="popup"
      role="menu"
      aria-label={label}
      onKeyDown={(event) => walk(event, onClose)}
    >
      {items.map(
        (item) =>
          item !== false && (
            <li key={item.label} role="none">
              <button
                type="button"
                role="menuitem"
                onClick={() => {
                  onClose(true);
                  item.act();
                }}
              >
                {item.icon !== undefined && <Icon name={item.icon} />}
                {item.label}
              </button>
            </li>
          ),
      )}
    </ul>
  );
}

/** Below its button, or above where there is no room; never off the page. */
function place(box: HTMLElement, button: DOMRect): void {
  const { width, height } = box.getBoundingClientRect();
  const below = button.bottom + height + 8 <= document.documentElement.clientHeight;
  box.style.top = `${below ? button.bottom + 4 : Math.max(8, button.top - height - 4)}px`;
  box.style.left = `${Math.max(8, Math.min(button.right - width, document.documentElement.clientWidth - width - 8))}px`;
}

function walk(event: KeyboardEvent, onClose: (focus: boolean) => void): void {
  const buttons = [...(event.currentTarget as HTMLElement).querySelectorAll<HTMLElement>("button")];
  const here = buttons.indexOf(document.activeElement as HTMLElement);
  const to = (next: number) => buttons[(next + buttons.length) % buttons.length]?.focus();
  const starts = (button: HTMLElement) =>
    event.key.length === 1 &&
    (button.textContent ?? "").trim().toLowerCase().startsWith(event.key.toLowerCase());
  if (event.key === "ArrowDown") to(here + 1);
  else if (event.key === "ArrowUp") to(here - 1);
  else if (event.key === "Home") to(0);
  else if (event.key === "End") to(-1);
  else if (event.key === "Escape" || event.key === "Tab") onClose(true);
  else if (buttons.some(starts) && !event.ctrlKey && !event.metaKey && !event.altKey && event.key !== " ") {
    const order = [...buttons.slice(here + 1), ...buttons.slice(0, here + 1)];
    order.find(starts)?.focus();
  } else return;
  event.preventDefault();
  event.stopPropagation();
}
