// Files of class names, as they are found in the wild.

import * as assert from "uvu/assert";
import { parseLabels } from "../../src/model/labels.js";
import { suite } from "../support/harness.js";

const test = suite("labels");

test("reads a name a line", () => {
  assert.equal(parseLabels("tench\ngold fish\r\nshark\n"), ["tench", "gold fish", "shark"]);
});

test("reads a list and objects by index", () => {
  assert.equal(parseLabels('["tench", "shark"]'), ["tench", "shark"]);
  assert.equal(parseLabels('{"1": "shark", "0": "tench"}'), ["tench", "shark"]);
  assert.equal(parseLabels('{"0": ["n01", "tench"], "2": ["n03", "ray"]}'), [
    "tench",
    "class 1",
    "ray",
  ]);
});

test("refuses what holds no names", () => {
  for (const text of ["", "one line", "{", '{"a": "b"}', "[1, 2]", '{"99999999999": "x"}']) {
    assert.throws(() => parseLabels(text), Error, text);
  }
});

test.run();
