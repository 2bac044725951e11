/** Gathers what arrives between two paints, so that a burst of frames is drawn once. */

/** Longest wait in milliseconds where nothing is painted, as in a hidden tab. */
const LONGEST = 100;

export class PaintBatch<T> {
  private waiting: T[] = [];
  private scheduled = false;

  /** @param take is given everything that has arrived, in order. */
  constructor(private readonly take: (items: T[]) => void) {}

  add(item: T): void {
    this.waiting.push(item);
    if (this.scheduled) return;
    this.scheduled = true;
    const timer = setTimeout(() => this.flush(), LONGEST);
    requestAnimationFrame(() => {
      clearTimeout(timer);
      this.flush();
    });
  }

  flush(): void {
    if (!this.scheduled) return;
    this.scheduled = false;
    const items = this.waiting;
    this.waiting = [];
    this.take(items);
  }
}
