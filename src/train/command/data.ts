// The files of a data set: which they are in a folder, and where they are fetched from. What arrives is compared with
// the MD5 sum that is published with it before it is put in its place.

import { createHash } from "node:crypto";
import { mkdir, readdir, rename, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { parseTar } from "nanotar";
import { unpack } from "../datasets.js";

/** Paths of files for training and for the test. */
export interface DataFiles {
  readonly training: readonly string[];
  readonly test: readonly string[];
}

/** A file that can be fetched. */
export interface Source {
  readonly url: string;
  readonly md5: string;
}

export type DataName = "mnist" | "cifar10";

const MNIST = "https://ossci-datasets.s3.amazonaws.com/mnist";

/** Where the data sets are published, and the sums of the packed files. */
export const sources: Readonly<Record<DataName, readonly Source[]>> = {
  mnist: [
    { url: `${MNIST}/train-images-idx3-ubyte.gz`, md5: "f68b3c2dcbeaaa9fbdd348bbdeb94873" },
    { url: `${MNIST}/train-labels-idx1-ubyte.gz`, md5: "d53e105ee54ea40749a09fcbcd1e9432" },
    { url: `${MNIST}/t10k-images-idx3-ubyte.gz`, md5: "9fb629c4189551a2d022fa330f9573f3" },
    { url: `${MNIST}/t10k-labels-idx1-ubyte.gz`, md5: "ec29112dd5afa0611ce80d1b7f02629c" },
  ],
  cifar10: [
    {
      url: "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
      md5: "c32a1d4ab5d03f1284b67883e8d87530",
    },
  ],
};

/** Fetches the files of a data set into a folder, unpacking what is a tar. */
export async function download(
  files: readonly Source[],
  folder: string,
  say: (line: string) => unknown,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const { url, md5 } of files) {
    await say(`fetching ${url}`);
    const response = await fetch(url).catch((cause) => {
      throw new Error(`${url} cannot be reached: ${cause.cause?.message ?? cause.message}`);
    });
    if (!response.ok) throw new Error(`${url}: ${response.status} ${response.statusText}`);
    const bytes = new Uint8Array(await response.arrayBuffer());
    const found = createHash("md5").update(bytes).digest("hex");
    if (found !== md5) {
      throw new Error(`${url}: its MD5 sum is ${found}, not ${md5}: it is not the published file`);
    }
    const name = basename(new URL(url).pathname);
    if (!name.endsWith(".tar.gz")) await put(join(folder, name), bytes);
    else {
      for (const entry of parseTar(await unpack({ name, bytes }))) {
        if (entry.data && entry.name.endsWith(".bin")) {
          await put(join(folder, basename(entry.name)), entry.data);
        }
      }
    }
  }
}

// A file that is there is whole.
async function put(path: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.part`, bytes);
  await rename(`${path}.part`, path);
}

const MNIST_FILES = {
  training: ["train-images-idx3-ubyte", "train-labels-idx1-ubyte"],
  test: ["t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"],
} as const;

const CIFAR_FILES = {
  training: /^(data_batch|train).*\.bin(\.gz)?$/,
  test: /^test.*\.bin(\.gz)?$/,
};

/** The files of a data set in a folder, packed or not. Rejects in a sentence where one is missing. */
export async function findFiles(data: DataName, folder: string): Promise<DataFiles> {
  const names = await readdir(folder).catch(() => {
    throw new Error(`the folder ${folder} cannot be read: give that of the data set by --data`);
  });
  const missing = (what: string) =>
    new Error(`${folder} has no ${what}: give the folder by --data, or fetch them by --download`);
  if (data === "cifar10") {
    const matching = (pattern: RegExp) => {
      const found = names.filter((name) => pattern.test(name)).sort();
      if (found.length === 0) throw missing(`files ${pattern.source}`);
      return found.map((name) => join(folder, name));
    };
    return { training: matching(CIFAR_FILES.training), test: matching(CIFAR_FILES.test) };
  }
  const paths = (wanted: readonly string[]) =>
    wanted.map((name) => {
      const found = [name, `${name}.gz`].find((file) => names.includes(file));
      if (!found) throw missing(`${name} or ${name}.gz`);
      return join(folder, found);
    });
  return { training: paths(MNIST_FILES.training), test: paths(MNIST_FILES.test) };
}
