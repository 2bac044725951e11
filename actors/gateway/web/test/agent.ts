/** A real agent with a scripted model, in processes of their own, and the connection of a page to it. */

import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import { WebSocket as NodeWebSocket } from "ws";
import type { ClientFrame } from "../src/protocol";

/** Where the tests run is `actors/gateway/web`. */
const ROOT = join(process.cwd(), "../../..");

interface Told {
  readonly url: string;
  readonly token: string;
  readonly home: string;
  readonly model: string;
}

function python(): string {
  const own = join(ROOT, ".venv/bin/python");
  return process.env["STARPOD_PYTHON"] ?? (existsSync(own) ? own : "python3");
}

export class Agent {
  private constructor(
    private readonly process: ChildProcess,
    private readonly lines: AsyncIterator<string>,
    private told: Told,
  ) {}

  static async start(): Promise<Agent> {
    const child = spawn(python(), ["-m", "tests.fakes.agent_process"], {
      cwd: ROOT,
      stdio: ["pipe", "pipe", "inherit"],
    });
    const lines: Interface = createInterface(child.stdout);
    const iterator = lines[Symbol.asyncIterator]();
    return new Agent(child, iterator, await hear(iterator));
  }

  get home(): string {
    return this.told.home;
  }

  get headers(): Record<string, string> {
    return { Authorization: `Bearer ${this.told.token}` };
  }

  /** The address of a path. */
  at(path: string): string {
    return this.told.url + path;
  }

  /** What the model answers to the next requests, as `tests/fakes/model_script.py` describes it. */
  async script(...replies: object[]): Promise<void> {
    const answer = await network(`${this.told.model}/_script`, {
      method: "POST",
      body: JSON.stringify(replies),
    });
    assert.ok(answer.ok, await answer.text());
  }

  async restart(): Promise<void> {
    this.process.stdin?.write("restart\n");
    this.told = await hear(this.lines);
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.process.once("exit", resolve));
    this.process.stdin?.end();
    await ended;
  }
}

async function hear(lines: AsyncIterator<string>): Promise<Told> {
  const line = await lines.next();
  assert.ok(line.done !== true, "the agent did not start");
  return JSON.parse(line.value) as Told;
}

const network = globalThis.fetch;

/** How a page reaches the agent: it can be cut, and what passes over sockets is seen. */
export class Line {
  /** Every frame that the page has sent. */
  readonly sent: ClientFrame[] = [];
  private readonly sockets = new Set<NodeWebSocket>();
  private whole = true;
  /** Whether the gateway knows who calls. */
  known = true;
  /** Type of the frame that is to be lost together with the connection on which it comes. */
  private doomed: string | null = null;

  constructor(private readonly agent: Agent) {}

  cut(): void {
    this.whole = false;
    for (const socket of this.sockets) socket.terminate();
  }

  mend(): void {
    this.whole = true;
  }

  /** Loses the next frame of this type, and the connection with it. */
  lose(type: string): void {
    this.doomed = type;
  }

  readonly fetch = (path: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    if (!this.whole) return Promise.reject(new TypeError("fetch failed"));
    return network(this.agent.at(String(path)), {
      ...init,
      headers: { ...init.headers, ...this.headers() },
    });
  };

  readonly open = (): WebSocket => {
    const address = this.whole ? this.agent.at("/ws").replace("http:", "ws:") : "ws://127.0.0.1:1/";
    const socket = new NodeWebSocket(address, { headers: this.headers() });
    socket.on("error", () => {
      // Its close says the same.
    });
    socket.on("close", () => this.sockets.delete(socket));
    this.sockets.add(socket);
    return this.watched(socket) as unknown as WebSocket;
  };

  private headers(): Record<string, string> {
    return this.known ? this.agent.headers : {};
  }

  private watched(socket: NodeWebSocket): object {
    const page: { onmessage?: (event: { data: unknown }) => void; onclose?: () => void } = {};
    let gone = false; // what has arrived together with the lost frame is lost too
    socket.on("message", (data) => {
      const text = String(data);
      if (this.doomed !== null && (JSON.parse(text) as { type: string }).type === this.doomed) {
        this.doomed = null;
        gone = true;
        socket.terminate();
      } else if (!gone) page.onmessage?.({ data: text });
    });
    socket.on("close", () => page.onclose?.());
    return Object.defineProperties(page, {
      readyState: { get: () => socket.readyState },
      close: { value: () => socket.close() },
      send: {
        value: (text: string) => {
          this.sent.push(JSON.parse(text) as ClientFrame);
          socket.send(text);
        },
      },
    });
  }
}
