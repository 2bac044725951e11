import { dismiss, toasts } from "../state/toasts";
import { IconButton } from "./buttons";

export function Toasts() {
  return (
    <div class="toasts" role="alert">
      {toasts.value.map(({ id, text }) => (
        <div key={id} class="toast">
          <span>{text}</span>
          <IconButton icon="cross" label="Dismiss" onClick={() => dismiss(id)} />
        </div>
      ))}
    </div>
  );
}
