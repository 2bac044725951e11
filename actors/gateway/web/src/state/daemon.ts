/** The daemon as this page knows it. What was read of it is read again when another process answers. */

import { signal } from "@preact/signals";
import type { Api } from "../net/api";
import { PROTOCOL, type Config, type Hello } from "../protocol";

const UNTIL_READ: Config = {
  agent_name: "Starpod",
  greeting: null,
  prompts: [],
  models: [],
  default_model: null,
  thinking_models: [],
  attachments: null,
  version: "",
  transcribes: false,
};

export class Daemon {
  readonly config = signal<Config>(UNTIL_READ);
  /** Whether it serves another page by now than this one. */
  readonly outdated = signal(false);
  private boot: string | null = null;
  private asked = 0;
  /** Which of the questions was answered; 0 before the first answer. */
  private read = 0;

  /** @param script address of the script that this page is made of. */
  constructor(
    private readonly api: Api,
    private readonly script: string | null,
  ) {}

  /** Reads names, texts and models. */
  async configure(): Promise<void> {
    const question = (this.asked += 1);
    try {
      const config = await this.api.config();
      if (question < this.read) return; // a later one was answered before
      this.read = question;
      this.config.value = config;
    } catch {
      // The connection shows that there is none; it is asked again when that is back.
    }
  }

  /** Takes note of who answers. */
  met(hello: Hello): void {
    const another = this.boot !== null && this.boot !== hello.boot_id;
    this.boot = hello.boot_id;
    if (another || this.read === 0) void this.configure();
    if (hello.protocol !== PROTOCOL) this.outdated.value = true;
    else if (another) void this.comparePage();
  }

  private async comparePage(): Promise<void> {
    try {
      const page = await this.api.page();
      if (this.script !== null) this.outdated.value = !page.includes(`"${this.script}"`);
    } catch {
      // It is compared again after the next start.
    }
  }
}
