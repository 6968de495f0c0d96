// The files that training reads and keeps, whole and damaged: data sets, checkpoints, downloads.

import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import * as assert from "uvu/assert";
import { serve } from "../../src/chrome/serve.js";
import { download, findFiles } from "../../src/train/command/data.js";
import { orderOf, philox } from "../../src/train/random.js";
import { readCheckpoint, readCifar, readIdx, writeCheckpoint } from "../../src/train.js";
import * as twin from "../reference/philox.js";
import { suite } from "../support/harness.js";
import { cifarBatch, idxFile } from "./files.js";

const test = suite("training files");

const images = {
  name: "images",
  bytes: idxFile(
    [3, 2, 2],
    Uint8Array.from({ length: 12 }, (_, i) => i),
  ),
};
const labels = { name: "labels", bytes: idxFile([3], Uint8Array.of(7, 0, 9)) };

/** The message with which something rejects. */
async function failure(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("it did not fail");
}

test("idx files are read, packed or not", async () => {
  for (const pack of [(bytes: Uint8Array) => bytes, gzipSync]) {
    const read = await readIdx(
      { ...images, bytes: pack(images.bytes) },
      { ...labels, bytes: pack(labels.bytes) },
    );
    assert.equal([...read.labels], [7, 0, 9]);
    assert.equal([...read.pixels], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    assert.equal(read.shape, [1, 2, 2]);
  }
});

test("what is wrong with an idx file is said", async () => {
  const wrong = async (a: Uint8Array, b = labels.bytes) =>
    failure(readIdx({ name: "images", bytes: a }, { name: "labels", bytes: b }));
  const cut = images.bytes.subarray(0, 27);
  assert.is(await wrong(cut), "images: 3 × 2 × 2 images take 28 bytes, the file has 27");
  assert.is(
    await wrong(labels.bytes),
    "images: 11 bytes are too few for the header of an idx file",
  );
  assert.is(
    await wrong(idxFile([8], new Uint8Array(8))),
    "images: it begins with 0x00000801, an idx file of images begins with 0x00000803",
  );
  assert.is(
    await wrong(images.bytes, idxFile([2], Uint8Array.of(1, 2))),
    "labels: it has 2 labels, images has 3 images",
  );
  assert.is(
    await wrong(images.bytes, idxFile([3], Uint8Array.of(1, 2, 10))),
    "labels: label 2 is 10, there are 0 to 9",
  );
  assert.is(
    await wrong(gzipSync(images.bytes).subarray(0, 20)),
    "images: its gzip stream is damaged, fetch the file again",
  );
});

test("CIFAR-10's batches are read one behind the other", async () => {
  const files = [
    { name: "1", bytes: cifarBatch([3, 9]) },
    { name: "2", bytes: gzipSync(cifarBatch([0])) },
  ];
  const { labels, pixels, shape } = await readCifar(files);
  assert.equal([...labels], [3, 9, 0]);
  assert.equal(shape, [3, 32, 32]);
  assert.is(pixels.length, 3 * 3072);
  assert.equal([...pixels.subarray(3072, 3075)], [1, 2, 3]);
  const cut = { name: "cut", bytes: cifarBatch([1]).subarray(1) };
  assert.match(await failure(readCifar([cut])), /^cut: 3072 bytes are no whole number of records/);
  const strange = { name: "strange", bytes: cifarBatch([10]) };
  assert.is(await failure(readCifar([strange])), "strange: label 0 is 10, there are 0 to 9");
});

const state = {
  step: 42,
  weights: Float32Array.of(1, 2.5, -3),
  memories: [Float32Array.of(4, 5, 6), Float32Array.of(7, 8, 9)],
};

test("a checkpoint comes back as it was", async () => {
  assert.equal(await readCheckpoint(await writeCheckpoint(state, "a run"), "a run"), state);
});

test("a damaged checkpoint and one of another run are refused", async () => {
  const bytes = await writeCheckpoint(state, "a run");
  for (const at of [30, bytes.length >> 1, bytes.length - 1]) {
    const damaged = bytes.with(at, bytes[at]! ^ 1);
    assert.match(await failure(readCheckpoint(damaged, "a run")), /damaged/);
  }
  assert.match(await failure(readCheckpoint(bytes.subarray(0, 60), "a run")), /damaged/);
  assert.match(await failure(readCheckpoint(new Uint8Array(3), "a run")), /no checkpoint/);
  assert.match(await failure(readCheckpoint(bytes, "another")), /of a run: take another file/);
});

test("files are fetched, compared with their sums, and put in their places", async () => {
  const folder = await mkdtemp(join(tmpdir(), "smoothgrad-"));
  const md5 = (bytes: Uint8Array) => createHash("md5").update(bytes).digest("hex");
  const tar = gzipSync(tarOf("cifar-10-batches-bin/data_batch_1.bin", cifarBatch([5])));
  await writeFile(join(folder, "plain.gz"), "plain");
  await writeFile(join(folder, "batches.tar.gz"), tar);
  const server = await serve(new Map([["/", { folder }]]));
  try {
    const to = join(folder, "data");
    const sources = [
      { url: `${server.origin}/plain.gz`, md5: md5(new TextEncoder().encode("plain")) },
      { url: `${server.origin}/batches.tar.gz`, md5: md5(tar) },
    ];
    await download(sources, to, () => {});
    assert.equal((await readdir(to)).sort(), ["data_batch_1.bin", "plain.gz"]);
    assert.equal(new Uint8Array(await readFile(join(to, "data_batch_1.bin"))), cifarBatch([5]));
    const other = [{ ...sources[0]!, md5: "0" }];
    assert.match(await failure(download(other, to, () => {})), /its MD5 sum is .*, not 0/);
    const missing = [{ url: `${server.origin}/missing.gz`, md5: "" }];
    assert.match(await failure(download(missing, to, () => {})), /missing.gz: 404 Not Found/);
  } finally {
    await server.close();
    await rm(folder, { recursive: true });
  }
});

test("the files of a data set are found by their names", async () => {
  const folder = await mkdtemp(join(tmpdir(), "smoothgrad-"));
  const put = (name: string) => writeFile(join(folder, name), "");
  try {
    assert.match(await failure(findFiles("mnist", join(folder, "no"))), /no cannot be read/);
    for (const name of ["train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte"]) await put(name);
    assert.match(await failure(findFiles("mnist", folder)), /has no t10k-images-idx3-ubyte/);
    for (const name of ["t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"]) await put(name);
    const { training } = await findFiles("mnist", folder);
    const names = ["train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte"];
    assert.equal(
      training,
      names.map((name) => join(folder, name)),
    );
    assert.match(await failure(findFiles("cifar10", folder)), /has no files/);
    for (const name of ["data_batch_2.bin", "data_batch_1.bin", "test_batch.bin"]) await put(name);
    const found = await findFiles("cifar10", folder);
    assert.equal(found.test, [join(folder, "test_batch.bin")]);
    assert.is(found.training.length, 2);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("random words are Philox's", () => {
  for (const counter of [
    [0, 0, 0, 0],
    [0xffffffff, 1, 0x80000000, 12345],
  ] as const) {
    assert.equal(philox(counter, [7, 0xffffffff]), twin.philox(counter, [7, 0xffffffff]));
  }
});

test("an epoch's order has every image once, and is its own", () => {
  const order = orderOf(1000, 3, 0);
  assert.equal(
    [...order].sort((a, b) => a - b),
    Array.from({ length: 1000 }, (_, i) => i),
  );
  assert.equal(orderOf(1000, 3, 0), order);
  assert.not.equal(orderOf(1000, 3, 1), order);
  assert.not.equal(orderOf(1000, 4, 0), order);
});

// A tar of one file: a header of 512 bytes, the file padded to as many, and two empty blocks (POSIX ustar).
function tarOf(name: string, contents: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(512 + Math.ceil(contents.length / 512) * 512 + 1024);
  const text = (at: number, value: string) => bytes.set(new TextEncoder().encode(value), at);
  text(0, name);
  text(100, "0000644\0");
  text(124, `${contents.length.toString(8).padStart(11, "0")} `);
  text(156, "0");
  text(257, "ustar\u000000");
  text(148, "        ");
  const sum = bytes.subarray(0, 512).reduce((a, b) => a + b, 0);
  text(148, `${sum.toString(8).padStart(6, "0")}\0 `);
  bytes.set(contents, 512);
  return bytes;
}

test.run();
