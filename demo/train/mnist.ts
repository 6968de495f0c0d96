// MNIST, where a page may fetch it: hosts of public files that allow every site to read them are few.

import { download, type Source } from "../download.js";

const FILES = "https://raw.githubusercontent.com/fgnt/mnist/master";

/** The four files by LeCun, Cortes and Burges, packed, with the sums that they are known by. */
export const mnist: readonly Required<Source>[] = [
  {
    name: "train-images-idx3-ubyte.gz",
    bytes: 9912422,
    sha256: "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
  },
  {
    name: "train-labels-idx1-ubyte.gz",
    bytes: 28881,
    sha256: "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
  },
  {
    name: "t10k-images-idx3-ubyte.gz",
    bytes: 1648877,
    sha256: "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
  },
  {
    name: "t10k-labels-idx1-ubyte.gz",
    bytes: 4542,
    sha256: "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
  },
].map((file) => ({ ...file, url: `${FILES}/${file.name}` }));

/** Fetches the files one after the other, or finds them kept; `progress` is told which part of all bytes is there. */
export async function fetchMnist(
  progress: (part: number) => void,
  otherBytes: string,
): Promise<File[]> {
  const { signal } = new AbortController();
  const total = mnist.reduce((sum, { bytes }) => sum + bytes, 0);
  const files: File[] = [];
  let before = 0;
  for (const source of mnist) {
    const tell = (part: number) => progress((before + part * source.bytes) / total);
    files.push(await download(source, tell, signal, otherBytes));
    before += source.bytes;
  }
  return files;
}
