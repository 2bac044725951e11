/** Asks again and again for something that nobody tells of, while somebody looks at it. */

import { signal } from "@preact/signals";
import { ApiError } from "../net/api";

/** Milliseconds between an answer and the next question; more where answers take long. */
const EVERY = 2000;
/** How many times as long as an answer took nothing is asked. */
const REST = 20;

interface Options<T> {
  /** Is told each new value. */
  readonly take?: (value: T) => void;
  /** Whether a value is the last one. */
  readonly over?: (value: T) => boolean;
}

export class Poll<T> {
  readonly value = signal<T | null>(null);
  readonly problem = signal<ApiError | null>(null);
  private timer: ReturnType<typeof setTimeout> | undefined;
  private watched = false;
  private asking = false;
  private over = false;

  constructor(
    private readonly ask: () => Promise<T>,
    private readonly options: Options<T> = {},
  ) {}

  /** Asks until the returned function is called, but never while the page is hidden. */
  watch(): () => void {
    const seen = () => void this.look();
    document.addEventListener("visibilitychange", seen);
    this.watched = true;
    void this.look();
    return () => {
      this.watched = false;
      clearTimeout(this.timer);
      document.removeEventListener("visibilitychange", seen);
    };
  }

  /** Asks now: there is reason to believe that something has changed. */
  async look(): Promise<void> {
    clearTimeout(this.timer);
    if (!this.watched || this.asking || this.over || document.hidden) return;
    this.asking = true;
    const began = performance.now();
    await this.once();
    this.asking = false;
    const rest = Math.max(EVERY, REST * (performance.now() - began));
    if (this.watched && !this.over) this.timer = setTimeout(() => void this.look(), rest);
  }

  private async once(): Promise<void> {
    try {
      const value = await this.ask();
      this.value.value = value;
      this.problem.value = null;
      this.options.take?.(value);
      this.over = this.options.over?.(value) ?? false;
    } catch (error) {
      this.problem.value = error instanceof ApiError ? error : new ApiError(String(error), 0);
      this.over = this.problem.value.status === 404;
    }
  }
}
