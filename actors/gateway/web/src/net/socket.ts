/** A WebSocket that comes back by itself. It promises no delivery: the outbox and `resume` do. */

import type { ClientFrame, Hello, ServerFrame } from "../protocol";
import { parseFrame } from "./frame";
import { delayBefore } from "./backoff";
import { subprotocols } from "./half";

/** `waiting`: the last try failed and the next one has its time. */
export type LinkState =
  | { readonly name: "connecting" }
  | { readonly name: "ready" }
  | { readonly name: "waiting"; readonly until: number };

export interface Listener {
  /** The connection is ready for use: `hello` has come. */
  up(hello: Hello): void;
  frame(frame: ServerFrame): void;
  state(state: LinkState): void;
}

/** Milliseconds of silence after which the peer is asked whether it is still there, and how long it may take. */
const QUIET = 20_000;
const PATIENCE = 10_000;
/** Longest wait for `hello`, in milliseconds. */
const HANDSHAKE = 10_000;

export class Socket {
  private socket: WebSocket | null = null;
  private ready = false;
  private stopped = true;
  private failures = 0;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private watch: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly url: string,
    private readonly listener: Listener,
    private readonly open: (url: string) => WebSocket = (address) => new WebSocket(address, subprotocols()),
    private readonly random: () => number = Math.random,
  ) {}

  /** Connects, and again whenever that is due. While it does so already it is as {@link wake}. */
  start(): void {
    if (!this.stopped) return this.wake();
    this.stopped = false;
    this.connect();
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.retry);
    this.abandon();
  }

  /** Hands a frame to the connection. False when there is none; nothing is kept for later. */
  send(frame: ClientFrame): boolean {
    if (!this.ready || this.socket?.readyState !== 1) return false;
    this.socket.send(JSON.stringify(frame));
    return true;
  }

  /** Tries again now if a try is due later; otherwise makes sure that the peer is still there. */
  wake(): void {
    if (this.stopped) return;
    if (this.socket === null) this.connect();
    else if (this.ready) this.probe();
  }

  private connect(): void {
    clearTimeout(this.retry);
    this.listener.state({ name: "connecting" });
    let socket: WebSocket;
    try {
      socket = this.open(this.url);
    } catch {
      return this.later();
    }
    this.socket = socket;
    socket.onmessage = ({ data }) => {
      if (this.socket === socket && typeof data === "string") this.received(data);
    };
    socket.onclose = () => {
      if (this.socket === socket) this.lost();
    };
    this.watchFor(HANDSHAKE, () => this.lost());
  }

  private received(data: string): void {
    this.watchFor(QUIET, () => this.probe());
    const frame = parseFrame(data);
    if (frame === null) return;
    if (frame.type !== "hello") return this.listener.frame(frame);
    this.ready = true;
    this.failures = 0;
    this.listener.state({ name: "ready" });
    this.listener.up(frame);
  }

  private probe(): void {
    this.send({ type: "ping" });
    this.watchFor(PATIENCE, () => this.lost());
  }

  private watchFor(milliseconds: number, then: () => void): void {
    clearTimeout(this.watch);
    this.watch = setTimeout(then, milliseconds);
  }

  private lost(): void {
    this.abandon();
    this.later();
  }

  /** Lets go of the connection without waiting for its close, which may never come. */
  private abandon(): void {
    clearTimeout(this.watch);
    const socket = this.socket;
    this.socket = null;
    this.ready = false;
    socket?.close();
  }

  private later(): void {
    const delay = delayBefore(this.failures, this.random());
    this.failures += 1;
    this.listener.state({ name: "waiting", until: Date.now() + delay });
    this.retry = setTimeout(() => this.connect(), delay);
  }
}
