/** Serves the built page over a fake gateway: `npm run build && npm run dev -- [port]`. */

import { Buffer } from "node:buffer";
import { join } from "node:path";
import { FakeGateway } from "./gateway";
import { SHOWPIECE } from "../texts";
import { scripts } from "./scripts";

const HOUR = 3_600_000;
const PAST: readonly (readonly [string, number])[] = [
  ["Plan the garden for spring", 2 * HOUR],
  ["Compare the two quotes for the roof", 5 * HOUR],
  ["A very long title that surely does not fit into the narrow list of conversations", 26 * HOUR],
  ["Translate the letter from the tax office", 30 * HOUR],
  ["Recipe for sourdough with rye", 3 * 24 * HOUR],
  ["Why does the backup take so long?", 5 * 24 * HOUR],
  ["Packing list", 20 * 24 * HOUR],
  ["Birthday ideas for Ada", 40 * 24 * HOUR],
];
/** A picture of one pixel. */
const PNG =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

const gateway: FakeGateway = new FakeGateway({
  page: join(process.cwd(), "dist"),
  script: (text) => scripts(gateway.store("chart.png", "image/png", Buffer.from(PNG, "base64")))(text),
  config: {
    prompts: ["Show me all of markdown", "Compare two files with your tools", "Count slowly to a hundred"],
    models: ["offline/helper", "anthropic/claude-sonnet-5", "openai/gpt-5.4"],
  },
});
PAST.forEach(([title, ago], index) => {
  gateway.begin(`past-${index}`).remember(title, SHOWPIECE, ago, index === 1);
});
console.log(`http://127.0.0.1:${await gateway.listen(Number(process.argv[2] ?? 5173))}/`);
