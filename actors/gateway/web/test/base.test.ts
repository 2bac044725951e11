import "./dom";
import assert from "node:assert/strict";
import { test } from "node:test";
import { BASE, baseOf } from "../src/net/base";

function page(script: string): Document {
  const found = document.implementation.createHTMLDocument();
  found.head.innerHTML = `<script src="${script}"></script>`;
  return found;
}

test("the page lies where its scripts lie", () => {
  assert.equal(baseOf(page("/assets/early-1.js")), "");
  assert.equal(baseOf(page("/starpod/assets/early-1.js")), "/starpod");
  assert.equal(baseOf(page("/assets/of/it/assets/early-1.js")), "");
  assert.equal(baseOf(document.implementation.createHTMLDocument()), "");
  assert.equal(BASE, "");
});
