import "./dom";
import assert from "node:assert/strict";
import { test } from "node:test";
import { keepHalf, pageHeaders, subprotocols, takeHalf, withHalf } from "../src/net/half";

test("the half that a link gave is kept by the page and stays in no address", () => {
  assert.deepEqual(subprotocols(), []);
  location.hash = "#/s/mesh";
  takeHalf();
  assert.equal(location.hash, "#/s/mesh");

  location.hash = "#page=0a1b";
  takeHalf();
  assert.equal(location.hash, "");
  assert.equal(localStorage.getItem("starpod.page"), '"0a1b"');
  assert.deepEqual(pageHeaders(), { "X-Starpod-Page": "0a1b" });
  assert.deepEqual(subprotocols(), ["starpod", "0a1b"]);
  assert.equal(withHalf("/api/files/raw?path=a"), "/api/files/raw?path=a&page=0a1b");

  localStorage.setItem("starpod.page", '"ff"'); // another window was opened with a newer link
  assert.deepEqual(pageHeaders(), { "X-Starpod-Page": "ff" });

  keepHalf("ee"); // somebody signed in with a key
  assert.deepEqual(subprotocols(), ["starpod", "ee"]);
  keepHalf(null); // and out
  assert.deepEqual(subprotocols(), []);
  assert.equal(localStorage.getItem("starpod.page"), null);
});
