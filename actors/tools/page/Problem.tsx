import { Icon, type ApiError } from "@starpod/page";

/** Why something cannot be shown. */
export function Problem({ of: { message } }: { of: ApiError }) {
  return (
    <p class="notice warning" role="alert">
      <Icon name="alert" />
      {message}
    </p>
  );
}
