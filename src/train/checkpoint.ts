// A trainer's state as bytes, so that a run that was stopped goes on. In front stands what the run was told, so that it
// does not go on as another; at the end a SHA-256 of all that is before it, so that half a file is not taken for one.

import type { TrainerState } from "./trainer.js";

const MAGIC = "smoothgrad checkpoint 1\n";
const DIGEST = 32;

/** Encodes a trainer's state, with a checksum; `about` identifies the run that it belongs to. */
export async function writeCheckpoint(state: TrainerState, about: string): Promise<Uint8Array> {
  const { step, weights, memories } = state;
  const head = JSON.stringify({ about, step, weights: weights.length, memories: memories.length });
  const text = new TextEncoder().encode(`${MAGIC}${head}\n`);
  const vectors = [weights, ...memories];
  const size = vectors.reduce((sum, vector) => sum + vector.byteLength, 0);
  const bytes = new Uint8Array(text.length + size + DIGEST);
  bytes.set(text);
  let at = text.length;
  for (const { buffer, byteOffset, byteLength } of vectors) {
    bytes.set(new Uint8Array(buffer, byteOffset, byteLength), at);
    at += byteLength;
  }
  bytes.set(await digest(bytes.subarray(0, at)), at);
  return bytes;
}

/** Decodes a trainer's state. Rejects where the bytes are damaged or `about` is another run's. */
export async function readCheckpoint(bytes: Uint8Array, about: string): Promise<TrainerState> {
  const body = bytes.subarray(0, Math.max(0, bytes.length - DIGEST));
  const start = new TextDecoder().decode(body.subarray(0, MAGIC.length));
  if (start !== MAGIC) throw new Error("it is no checkpoint of smoothgrad");
  const sum = await digest(body);
  if (sum.some((byte, i) => byte !== bytes[body.length + i])) {
    throw new Error("it is damaged: its bytes are not those that were written");
  }
  const end = body.indexOf(10, MAGIC.length);
  const head = JSON.parse(new TextDecoder().decode(body.subarray(MAGIC.length, end)));
  if (head.about !== about) {
    throw new Error(`it belongs to another run, of ${head.about}: take another file or remove it`);
  }
  const floats = new Float32Array(body.slice(end + 1).buffer);
  const vector = (i: number) => floats.slice(i * head.weights, (i + 1) * head.weights);
  return {
    step: head.step,
    weights: vector(0),
    memories: Array.from({ length: head.memories }, (_, i) => vector(i + 1)),
  };
}

async function digest(bytes: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes as BufferSource));
}
