import { render } from "preact";
import { showLanguage } from "./language/choice";
import { BASE } from "./net/base";
import { takeHalf } from "./net/half";
import { App } from "./state/app";
import { keepPreferences } from "./state/preferences";
import "./styles/index.css";
import { AppProvider } from "./ui/context";
import { Root } from "./ui/Root";

function socketAddress(): string {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  return `${scheme}//${location.host}${BASE}/ws`;
}

const root = document.getElementById("app");
if (root !== null) {
  takeHalf();
  const app = new App(socketAddress());
  keepPreferences();
  app.start();
  const draw = () =>
    render(
      <AppProvider value={app}>
        <Root />
      </AppProvider>,
      root,
    );
  showLanguage().then(draw, draw); // in English, where the language cannot be loaded
}
