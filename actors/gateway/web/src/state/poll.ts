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
  /** Milliseconds until something may have changed; where they are less than it is asked anyway, they do not count. */
  readonly rest?: (value: T) => number;
  /** Whether a value is the last one. */
  readonly over?: (value: T) => boolean;
}

export class Poll<T> {
  readonly value = signal<T | null>(null);
  readonly problem = signal<ApiError | null>(null);
  private timer: ReturnType<typeof setTimeout> | undefined;
  private watched = false;
  private asking: Promise<void> | null = null;
  private again = false;
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

  /** Asks now, or once more if an answer is awaited: there is reason to believe that something has changed. */
  async look(): Promise<void> {
    clearTimeout(this.timer);
    if (!this.wanted()) return;
    this.again = true;
    this.asking ??= this.askOn();
    await this.asking;
  }

  private async askOn(): Promise<void> {
    let began: number;
    do {
      this.again = false;
      began = performance.now();
      await this.once();
    } while (this.again && this.wanted());
    this.asking = null;
    if (this.wanted()) this.timer = setTimeout(() => void this.look(), this.rest(began));
  }

  private wanted(): boolean {
    return this.watched && !this.over && !document.hidden;
  }

  private rest(began: number): number {
    const value = this.problem.value === null ? this.value.value : null;
    const wished = value === null ? 0 : (this.options.rest?.(value) ?? 0);
    return Math.max(EVERY, wished, REST * (performance.now() - began));
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
