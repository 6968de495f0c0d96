// Small files in the forms of the data sets.

/** An idx file of unsigned bytes with these lengths. */
export function idxFile(lengths: readonly number[], data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(4 + 4 * lengths.length + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x800 + lengths.length);
  for (const [i, length] of lengths.entries()) view.setUint32(4 + 4 * i, length);
  bytes.set(data, 4 + 4 * lengths.length);
  return bytes;
}

/** A batch of CIFAR-10 with these labels, whose pixels are 1, 2, 3 … again and again. */
export function cifarBatch(labels: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(3073 * labels.length);
  labels.forEach((label, i) => {
    bytes.set(
      Uint8Array.from({ length: 3073 }, (_, k) => (k === 0 ? label : k)),
      3073 * i,
    );
  });
  return bytes;
}

/** Digits that are easy to tell: a bright row for each class, and some noise. */
export function stripes(count: number) {
  const labels = Uint8Array.from({ length: count }, (_, n) => (n * 7) % 10);
  const pixels = Uint8Array.from({ length: count * 784 }, (_, i) => {
    const row = Math.floor((i % 784) / 28);
    const isBright = row >> 1 === (labels[Math.floor(i / 784)] as number) + 2;
    return (isBright ? 180 : 0) + (((i + 1) * 2654435761) >>> 26);
  });
  return { images: idxFile([count, 28, 28], pixels), labels: idxFile([count], labels) };
}
