// What a tag's words come to, without a browser.

import * as assert from "uvu/assert";
import {
  type AttributeName,
  attributes,
  checkNames,
  lookOptions,
  type Properties,
  passOptions,
  textOf,
  valueIn,
  wantedModel,
} from "../../src/element/attributes.js";
import { missing } from "../../src/element/words.js";
import type { ModelOptions, PictureOptions, SensitivityOptions } from "../../src/index.js";
import { drawing } from "../../src/options/drawing.js";
import { loading } from "../../src/options/loading.js";
import type { Table } from "../../src/options/option.js";
import { sampling } from "../../src/options/sampling.js";
import { kebab } from "../../src/options/text.js";
import { suite } from "../support/harness.js";

const test = suite("element/attributes");

/** As much of an element as is read. */
const tag = (attributes: Record<string, string>) =>
  ({
    baseURI: "https://example.org/articles/one.html",
    getAttribute: (name: string) => attributes[name] ?? null,
  }) as unknown as Element;

type Sayable = Exclude<
  keyof SensitivityOptions | keyof PictureOptions | keyof ModelOptions,
  "signal" | "view" | "fit" | "tiling" | "tuning" | "external" | "name" | "openSize"
>;

test("every option that a tag can say is an attribute", () => {
  // That it compiles is the test: an option that is missing in the table is an error of types.
  const missing: Exclude<Sayable, keyof Properties>[] = [];
  assert.equal(missing satisfies never[], []);
  for (const [name, { form }] of Object.entries({ ...loading, ...sampling, ...drawing } as Table)) {
    const isOwn = name === "labels" || name === "card";
    assert.is(kebab(name) in attributes, form !== undefined || isOwn, name);
  }
});

test("nothing said leaves the library its defaults, but for the frame", () => {
  assert.equal(passOptions(tag({})), { estimator: "mean" });
  assert.equal(lookOptions(tag({})), { frame: "photo", estimator: "mean" });
  assert.is(wantedModel(tag({ src: "cat.jpg" })), undefined);
});

test("words become numbers, lists, switches and objects", () => {
  const options = passOptions(
    tag({
      samples: "20",
      "noise-scale": "rgb",
      antithetic: "",
      stop: "0.05",
      baseline: "black, white",
      window: "8,16",
      preprocess: '{"mean":[1,2,3]}',
      box: "0,0,0:1,1,1",
      target: "17",
      estimator: "squared",
    }),
  );
  assert.equal(options, {
    samples: 20,
    noiseScale: "rgb",
    antithetic: true,
    stop: { standardError: 0.05 },
    baseline: ["black", "white"],
    window: [8, 16],
    preprocess: { mean: [1, 2, 3] },
    box: { low: [0, 0, 0], high: [1, 1, 1] },
    target: "17",
    estimator: "squared",
  });
});

test("what is no number stays as it is, for the library to refuse", () => {
  assert.equal(passOptions(tag({ samples: "many", noise: "" })), {
    samples: "many",
    noise: "",
    estimator: "mean",
  });
});

test("an overlay is a mode or the opacity of the usual one", () => {
  const layers = (attributes: Record<string, string>) => {
    const { overlay, opacity } = lookOptions(tag(attributes));
    return [overlay, opacity];
  };
  assert.equal(layers({ overlay: "0.6" }), ["fade", 0.6]);
  assert.equal(layers({ overlay: "" }), [true, undefined]);
  assert.equal(layers({ overlay: "mask" }), ["mask", undefined]);
  assert.equal(layers({ overlay: "blend", opacity: "0.3" }), ["blend", 0.3]);
});

test("a switch that a framework writes out is what it says", () => {
  const switches = Object.keys(attributes).filter(
    (name) => valueIn(tag({ [name]: "" }), name as AttributeName) === true,
  ) as AttributeName[];
  assert.ok(switches.includes("antithetic") && switches.includes("overlay"), `${switches}`);
  for (const name of switches) {
    for (const [text, value] of [
      ["", true],
      ["true", true],
      ["false", false],
    ] as const) {
      assert.is(valueIn(tag({ [name]: text }), name), value, `${name}="${text}"`);
    }
  }
  assert.is(passOptions(tag({ antithetic: "false" })).antithetic, false);
  assert.is(lookOptions(tag({ overlay: "true" })).overlay, true);
  assert.is(lookOptions(tag({ overlay: "false" })).overlay, false);
});

test("a name that is nearly an attribute's is refused, and any other is the page's own", () => {
  const names = (...names: string[]) =>
    ({ title: "", getAttributeNames: () => names }) as unknown as Element;
  const hint = (name: string, near: string) =>
    `sensitivity-map has no attribute "${name}"; did you mean "${near}"?`;
  for (const [name, near] of Object.entries({
    ...{ sampels: "samples", pallete: "palette", nosie: "noise", lables: "labels" },
    ...{ "noise-scal": "noise-scale", overlays: "overlay" },
  })) {
    assert.throws(() => checkNames(names("src", name)), hint(name, near));
  }
  checkNames(
    names("src", "noise-scale", "class", "id", "title", "data-size", "aria-label", "role", "name"),
  );
});

test("a tag says what it lacks for a map", () => {
  const src = "cat.jpg";
  const model = "net.onnx";
  const both = "src, the address of a photo, and model, the address of an ONNX file";
  const lacks = (what: string) => `There is no map yet: the tag lacks ${what}.`;
  assert.is(missing({ src: null, model: "" }), lacks(both));
  assert.is(missing({ src: null, model }), lacks("src, the address of a photo"));
  assert.is(missing({ src, model: null }), lacks("model, the address of an ONNX file"));
});

test("addresses are the page's, and labels an address or a list", () => {
  const labels = (text: string) => wantedModel(tag({ model: "net.onnx", labels: text }))?.labels;
  assert.equal(
    wantedModel(
      tag({
        model: "../net.onnx",
        card: "config.json",
        size: "32",
        "keep-softmax": "",
        precision: "half",
      }),
    ),
    {
      url: "https://example.org/net.onnx",
      labels: undefined,
      card: "https://example.org/articles/config.json",
      options: { size: 32, keepSoftmax: true, precision: "half" },
    },
  );
  assert.is(labels("names.txt"), "https://example.org/articles/names.txt");
  assert.is(labels("data:text/plain,a%0Ab"), "data:text/plain,a%0Ab");
  assert.equal(labels("cat, dog"), ["cat", "dog"]);
});

test("values of properties become texts that read as the same values", () => {
  assert.is(textOf(true), "");
  assert.is(textOf(false), undefined);
  assert.is(textOf(null), undefined);
  assert.is(textOf(0), "0");
  assert.is(textOf([1, 99]), "1,99");
  assert.is(textOf({ shortSide: 28 }), '{"shortSide":28}');
  assert.is(textOf({ low: [0, 1], high: [2, 3] }), "0,1:2,3");
  assert.is(textOf({ low: 0, high: 0.02 }), "0,0.02");
  assert.is(textOf({ standardError: 0.05 }), "0.05");
});

test.run();
