// A client of the official TypeScript SDK: says what a server offers, calls one tool, prints both as JSON.
//   node client.mjs http URL KEY TOOL ARGUMENTS   |   node client.mjs stdio TOOL ARGUMENTS COMMAND ARGUMENT…
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

const [how, ...rest] = process.argv.slice(2);
let transport, tool, given;
if (how === "http") {
  const [url, key, ...call] = rest;
  [tool, given] = call;
  const headers = { Authorization: `Bearer ${key}` };
  transport = new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } });
} else {
  const [name, arguments_, command, ...args] = rest;
  [tool, given] = [name, arguments_];
  transport = new StdioClientTransport({ command, args, env: process.env, cwd: process.cwd() });
}
const client = new Client({ name: "test", version: "1" });
await client.connect(transport);
const steps = [];
const onprogress = (step) => steps.push(step.message);
const tools = (await client.listTools()).tools.map((each) => each.name);
const result = await client.callTool({ name: tool, arguments: JSON.parse(given) }, undefined, { onprogress });
console.log(JSON.stringify({ server: client.getServerVersion(), tools, result, steps }));
await client.close();
