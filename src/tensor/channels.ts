// Channels packed in fours, as the GPU keeps every tensor (see Layout in tensor/types.ts): element (c, p) of channel c
// and position p is lane c % 4 of vec4 (c / 4 | 0) · P + p. The lanes that pad C to a multiple of four are 0 here.

/** Packs row-major [C, P] values (P: all positions, H · W of a picture) into [⌈C/4⌉, P] vec4s. */
export function packChannels(data: ArrayLike<number>, channels: number): Float32Array<ArrayBuffer> {
  const positions = data.length / channels;
  if (!Number.isInteger(positions)) {
    throw new Error(`${data.length} values cannot be shared by ${channels} channels`);
  }
  const packed = new Float32Array(Math.ceil(channels / 4) * positions * 4);
  for (let c = 0; c < channels; c++) {
    const first = (c >> 2) * positions * 4 + (c & 3);
    for (let p = 0; p < positions; p++) packed[first + p * 4] = data[c * positions + p]!;
  }
  return packed;
}

/** The inverse of `packChannels`: [⌈C/4⌉, P] vec4s → row-major [C, P]. */
export function unpackChannels(
  packed: ArrayLike<number>,
  channels: number,
): Float32Array<ArrayBuffer> {
  const positions = packed.length / (Math.ceil(channels / 4) * 4);
  const data = new Float32Array(channels * positions);
  for (let c = 0; c < channels; c++) {
    const first = (c >> 2) * positions * 4 + (c & 3);
    for (let p = 0; p < positions; p++) data[c * positions + p] = packed[first + p * 4]!;
  }
  return data;
}
