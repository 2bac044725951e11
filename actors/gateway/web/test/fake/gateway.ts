/**
 * A gateway without a daemon: speaks the protocol over real sockets and plays scripted conversations. For tests of the
 * page, and for working on it (`npm run dev`). It keeps everything in memory and stores what is said as the daemon does.
 */

import { randomUUID } from "node:crypto";
import { createReadStream, existsSync, readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import { WebSocketServer, type WebSocket } from "ws";
import type { Attachment, ClientFrame, Config, ServerFrame, Session } from "../../src/protocol";
import { FakeConversation, type Script } from "./conversation";

const HEADERS = {
  "Content-Security-Policy":
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; " +
    "base-uri 'none'; frame-ancestors 'none'; object-src 'none'",
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
};

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

type Message = Extract<ClientFrame, { type: "message" }>;

interface Client {
  readonly socket: WebSocket;
  readonly follows: Set<string>;
}

export interface Options {
  /** What the agent does with a message. */
  readonly script: Script;
  readonly config?: Partial<Config>;
  /** Folder of the built page. */
  readonly page?: string;
}

export class FakeGateway {
  readonly conversations = new Map<string, FakeConversation>();
  /** Every frame that clients have sent. */
  readonly received: ClientFrame[] = [];
  private readonly clients = new Set<Client>();
  private readonly accepted = new Map<string, { session: string; turn: string }>();
  private readonly files = new Map<string, { name: string; type: string; data: Buffer }>();
  private readonly http: Server = createServer((request, response) => void this.answer(request, response));
  private readonly sockets = new WebSocketServer({ noServer: true });
  /** While true, connections are refused as if nothing listened. */
  private away = false;
  /** How many accepted messages are not confirmed, their connection being cut instead. */
  private swallow = 0;

  constructor(private readonly options: Options) {
    this.http.on("upgrade", (request, socket, head) => {
      if (this.away) socket.destroy();
      else this.sockets.handleUpgrade(request, socket, head, (ws) => this.connected(ws));
    });
  }

  async listen(port = 0): Promise<number> {
    await new Promise<void>((resolve) => this.http.listen(port, "127.0.0.1", resolve));
    return (this.http.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    this.drop();
    for (const conversation of this.conversations.values()) conversation.stop();
    this.http.closeAllConnections();
    await new Promise((resolve) => this.http.close(resolve));
  }

  /** Cuts all connections. */
  drop(): void {
    for (const { socket } of this.clients) socket.terminate();
    this.clients.clear();
  }

  /** Cuts all connections and refuses new ones. */
  leave(): void {
    this.away = true;
    this.drop();
  }

  comeBack(): void {
    this.away = false;
  }

  /** Takes the next message in, but cuts the connection instead of saying so. */
  swallowNextConfirmation(): void {
    this.swallow += 1;
  }

  // --- WebSocket

  private connected(socket: WebSocket): void {
    const client: Client = { socket, follows: new Set() };
    this.clients.add(client);
    socket.on("close", () => this.clients.delete(client));
    socket.on("message", (data) => this.said(client, JSON.parse(String(data)) as ClientFrame));
    const { agent_name, version } = this.config();
    this.send(client, { type: "hello", protocol: 1, version, boot_id: "fake", agent_name });
  }

  private send(client: Client, frame: ServerFrame): void {
    client.socket.send(JSON.stringify(frame));
  }

  private said(client: Client, frame: ClientFrame): void {
    this.received.push(frame);
    switch (frame.type) {
      case "message":
        return this.message(client, frame);
      case "resume":
        return this.resume(client, frame.session_id, frame.after_seq ?? null);
      case "unfollow":
        client.follows.delete(frame.session_id);
        return;
      case "cancel":
        return this.conversations.get(frame.session_id)?.cancel();
      case "ping":
        return this.send(client, { type: "pong" });
    }
  }

  private message(client: Client, frame: Message): void {
    const { text = "", session_id = null } = frame;
    const client_message_id = frame.client_message_id ?? randomUUID();
    if (text.startsWith("refuse")) {
      const message = "this message is refused, as it asked for";
      return this.send(client, { type: "error", code: "refused", message, client_message_id, session_id });
    }
    const known = this.accepted.get(client_message_id);
    const session = known?.session ?? session_id ?? randomUUID();
    const created = known === undefined && session_id === null;
    const conversation = this.conversations.get(session) ?? this.begin(session);
    const after_seq = conversation.seq;
    const turn_id = known?.turn ?? randomUUID();
    const fate = known !== undefined ? "done" : conversation.fate(frame.mode ?? "inject");
    this.accepted.set(client_message_id, { session, turn: turn_id });
    if (this.swallow > 0) {
      this.swallow -= 1;
      client.socket.terminate();
    } else {
      const duplicate = known !== undefined;
      this.send(client, {
        type: "accepted",
        client_message_id,
        session_id: session,
        turn_id,
        duplicate,
        created,
        fate,
        after_seq,
      });
      client.follows.add(session);
    }
    if (known === undefined)
      conversation.accept(turn_id, {
        text,
        client_message_id,
        attachments: (frame.attachments ?? []) as Attachment[],
        mode: frame.mode ?? "inject",
      });
  }

  begin(id: string): FakeConversation {
    const conversation = new FakeConversation(id, this.options.script, {
      event: (event) => {
        for (const client of this.clients) if (client.follows.has(id)) this.send(client, event);
      },
      changed: (session) => this.tellAll({ type: "session_updated", session }),
    });
    this.conversations.set(id, conversation);
    return conversation;
  }

  private tellAll(frame: ServerFrame): void {
    for (const client of this.clients) this.send(client, frame);
  }

  private resume(client: Client, session_id: string, after: number | null): void {
    const conversation = this.conversations.get(session_id);
    if (conversation === undefined) {
      const message = `there is no session '${session_id}'`;
      return this.send(client, {
        type: "error",
        code: "unknown_session",
        message,
        session_id,
        client_message_id: null,
      });
    }
    const { events, complete } = conversation.after(after);
    const { seq: last_seq, running: running_turn_id } = conversation;
    this.send(client, { type: "backlog", session_id, complete, last_seq, running_turn_id });
    for (const event of events) this.send(client, event);
    client.follows.add(session_id);
  }

  // --- HTTP

  private config(): Config {
    return {
      agent_name: "Aster",
      greeting: null,
      prompts: [],
      models: ["offline/helper"],
      default_model: "offline/helper",
      version: "0.1.0",
      ...this.options.config,
    };
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.away) {
      request.socket.destroy();
      return;
    }
    const url = new URL(request.url ?? "/", "http://fake");
    const body = await bytesOf(request);
    const { status, value } = this.api(
      request.method ?? "GET",
      url,
      body,
      request.headers["content-type"] ?? "",
    );
    if (status === 0) {
      this.file(url, response);
      return;
    }
    response.writeHead(status, { ...HEADERS, "Content-Type": "application/json" });
    response.end(JSON.stringify(value));
  }

  /** Status 0: no call of the API. */
  private api(method: string, url: URL, body: Buffer, type: string): { status: number; value?: unknown } {
    if (url.pathname === "/api/config") return { status: 200, value: this.config() };
    if (url.pathname === "/api/uploads") return { status: 200, value: [this.upload(body, type)] };
    if (url.pathname === "/api/sessions") return { status: 200, value: this.list(url.searchParams) };
    const [, id, action] = /^\/api\/sessions\/([^/]+)(?:\/(\w+))?$/.exec(url.pathname) ?? [];
    if (id === undefined) return { status: 0 };
    const conversation = this.conversations.get(decodeURIComponent(id));
    if (conversation === undefined) return { status: 404, value: { error: "there is no such session" } };
    switch (`${method} ${action ?? ""}`) {
      case "GET ":
        return { status: 200, value: conversation.session() };
      case "GET messages":
        return { status: 200, value: conversation.messages(url.searchParams) };
      case "GET turns":
        return { status: 200, value: [] };
      case "POST read":
        conversation.markRead();
        return { status: 200, value: { ok: true } };
      case "POST rename":
        return {
          status: 200,
          value: conversation.rename((JSON.parse(String(body)) as { title: string }).title),
        };
      case "POST cancel":
        conversation.cancel();
        return { status: 200, value: { cancelled: null } };
      default:
        return { status: 405, value: { error: "method not allowed" } };
    }
  }

  private list(query: URLSearchParams): Session[] {
    const offset = Number(query.get("offset") ?? 0);
    const words = (query.get("q") ?? "").toLowerCase();
    return [...this.conversations.values()]
      .map((conversation) => conversation.session())
      .filter((session) => (session.title ?? "").toLowerCase().includes(words))
      .sort((one, other) => other.last_message_at.localeCompare(one.last_message_at))
      .slice(offset, offset + Number(query.get("limit") ?? 20));
  }

  private upload(body: Buffer, type: string): Attachment {
    const boundary = /boundary=(.+)$/.exec(type)?.[1] ?? "";
    const head = body.subarray(0, body.indexOf("\r\n\r\n")).toString();
    const data = body.subarray(head.length + 4, body.lastIndexOf(`\r\n--${boundary}`));
    const name = /filename="([^"]*)"/.exec(head)?.[1] ?? "file";
    const media = /Content-Type: (\S+)/i.exec(head)?.[1] ?? "application/octet-stream";
    return this.store(name, media, Buffer.from(data));
  }

  /** Puts a file into the agent's home. */
  store(name: string, type: string, data: Buffer): Attachment {
    const path = `downloads/${name}`;
    this.files.set(path, { name, type, data });
    return { file_name: name, mime_type: type, path, size: data.length };
  }

  private file(url: URL, response: ServerResponse): void {
    const stored =
      url.pathname === "/api/files/raw" ? this.files.get(url.searchParams.get("path") ?? "") : undefined;
    if (stored !== undefined) {
      response.writeHead(200, { ...HEADERS, "Content-Type": stored.type });
      response.end(stored.data);
      return;
    }
    const path = join(this.options.page ?? "", url.pathname === "/" ? "index.html" : url.pathname);
    if (this.options.page === undefined || url.pathname.includes("..") || !existsSync(path)) {
      response.writeHead(404, { ...HEADERS, "Content-Type": "application/json" });
      response.end(JSON.stringify({ error: "not found" }));
      return;
    }
    response.writeHead(200, {
      ...HEADERS,
      "Content-Type": TYPES[extname(path)] ?? "application/octet-stream",
    });
    if (path.endsWith(".html")) response.end(readFileSync(path));
    else createReadStream(path).pipe(response);
  }
}

async function bytesOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
