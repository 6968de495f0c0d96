// Vision transformer (Dosovitskiy et al. 2021) as torchvision's is exported: `nn.MultiheadAttention` puts the
// tokens first and the batch second, and the class token is expanded to the batch.

import type { NetworkOptions } from "./network.js";
import { Transformer } from "./transformer.js";

export interface VitOptions extends NetworkOptions {
  /** Side of a patch; 16. */
  patch?: number;
  /** Encoder blocks, heads, features of a token, and those inside the perceptrons. */
  layers: number;
  heads: number;
  features: number;
  inner: number;
}

/** Self-attention of tokens [N, L, E]. */
function attention(g: Transformer, x: string, heads: number): string {
  const features = g.channels(x);
  const each = features / heads;
  const turned = g.transpose(x, [1, 0, 2]);
  const length = g.lengthOf(turned, 0);
  const batch = g.lengthOf(turned, 1);
  const all = g.tokens(turned, 3 * features, { gain: 2 });
  const rows = g.node("Mul", [batch, g.integer(heads)]);
  const [q, k, v] = [0, 1, 2].map((part) => {
    const own = g.slice(all, -1, part * features, (part + 1) * features);
    return g.reshape(own, [length, rows, each], each);
  }) as [string, string, string];
  const scaled = g.same("Div", [g.transpose(q, [1, 0, 2]), g.number(Math.sqrt(each))]);
  const scores = g.node("MatMul", [scaled, g.transpose(k, [1, 2, 0])]);
  const weights = g.node("Softmax", [scores], { axis: -1 });
  const mixed = g.as(g.node("MatMul", [weights, g.transpose(v, [1, 0, 2])]), each);
  const joined = g.transpose(mixed, [1, 0, 2]);
  const flat = g.reshape(joined, [g.node("Mul", [length, batch]), features], features);
  const y = g.reshape(g.linear(flat, features, 1), [length, batch, features]);
  return g.transpose(y, [1, 0, 2]);
}

/** The network. */
export function vit(options: VitOptions): Uint8Array {
  const g = new Transformer(options);
  const { patch = 16, layers, heads, features, inner, size } = options;
  const count = (size / patch) ** 2;
  const batch = g.lengthOf(g.image, 0);
  const patches = g.conv(g.image, features, { kernel: patch, stride: patch, pad: 0, gain: 1 });
  const flat = g.reshape(patches, [batch, features, count]);
  const words = g.transpose(flat, [0, 2, 1]);
  const token = g.weight("class_token", [1, 1, features], { std: 1 });
  const tokens = g.node("Expand", [token, g.shapeOf([g.lengthOf(words, 0), 1, features])]);
  let x = g.as(g.node("Concat", [tokens, words], { axis: 1 }), features);
  const position = g.weight("encoder.pos_embedding", [1, count + 1, features], { std: 0.5 });
  x = g.add(x, position);
  for (let i = 0; i < layers; i++) {
    x = g.add(attention(g, g.layerNorm(x), heads), x);
    x = g.add(x, g.perceptron(g.layerNorm(x), inner));
  }
  const first = g.as(g.node("Gather", [g.layerNorm(x), g.integer(0)], { axis: 1 }), features);
  return g.logits(g.linear(first, g.classes));
}

/** ViT-B/16. */
export const VIT_B16 = { patch: 16, layers: 12, heads: 12, features: 768, inner: 3072 } as const;
