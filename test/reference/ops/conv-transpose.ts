// ConvTranspose: every element of x adds the kernel, times itself, to y.

import { type Call, positionsOf, sizeOf, stridesOf, type Twin, tensor } from "../twin.js";
import { number, numbers, text } from "./attributes.js";

function placeOf({ node, inputs: [x, w] }: Call) {
  const kernel = w!.shape.slice(2);
  const strides = numbers(node, "strides") ?? kernel.map(() => 1);
  const dilations = numbers(node, "dilations") ?? kernel.map(() => 1);
  const extra = numbers(node, "output_padding") ?? kernel.map(() => 0);
  const pads = numbers(node, "pads") ?? [...kernel, ...kernel].map(() => 0);
  const asked = numbers(node, "output_shape")?.slice(-kernel.length);
  const auto = text(node, "auto_pad", "NOTSET");
  const full = kernel.map(
    (k, a) => (x.shape[a + 2]! - 1) * strides[a]! + extra[a]! + (k - 1) * dilations[a]! + 1,
  );
  const spatial = full.map((n, a) => {
    if (asked) return asked[a]!;
    if (auto.startsWith("SAME")) return x.shape[a + 2]! * strides[a]!;
    return n - pads[a]! - pads[a + kernel.length]!;
  });
  const begin = full.map((n, a) => {
    if (!asked && !auto.startsWith("SAME")) return pads[a]!;
    const cut = n - spatial[a]!;
    return auto === "SAME_UPPER" ? Math.floor(cut / 2) : cut - Math.floor(cut / 2);
  });
  return { kernel, strides, dilations, begin, spatial };
}

function visit(call: Call, each: (y: number, x: number, w: number) => void): number[] {
  const [x, w] = call.inputs;
  const { kernel, strides, dilations, begin, spatial } = placeOf(call);
  const groups = number(call.node, "group", 1);
  const [samples, channels] = x.shape as [number, number];
  const maps = w!.shape[1]!;
  const [inputs, outputs, taps] = [sizeOf(x.shape.slice(2)), sizeOf(spatial), sizeOf(kernel)];
  const out = stridesOf(spatial);
  for (const [i, position] of positionsOf(x.shape.slice(2)).entries()) {
    for (const [k, tap] of positionsOf(kernel).entries()) {
      const to = position.map((p, a) => p * strides[a]! + tap[a]! * dilations[a]! - begin[a]!);
      if (to.some((p, a) => p < 0 || p >= spatial[a]!)) continue;
      const o = to.reduce((sum, p, a) => sum + p * out[a]!, 0);
      for (let n = 0; n < samples; n++) {
        for (let c = 0; c < channels; c++) {
          const group = Math.floor(c / (channels / groups));
          for (let m = 0; m < maps; m++) {
            const map = n * groups * maps + group * maps + m;
            each(map * outputs + o, (n * channels + c) * inputs + i, (c * maps + m) * taps + k);
          }
        }
      }
    }
  }
  return [samples, groups * maps, ...spatial];
}

export const ConvTranspose: Twin = {
  forward(call) {
    const [x, w, b] = call.inputs;
    const { spatial } = placeOf(call);
    const maps = w!.shape[1]! * number(call.node, "group", 1);
    const y = tensor([x.shape[0]!, maps, ...spatial]);
    if (b)
      for (const e of y.data.keys()) y.data[e] = b.data[Math.floor(e / sizeOf(spatial)) % maps]!;
    visit(call, (j, i, k) => (y.data[j]! += x.data[i]! * w!.data[k]!));
    return [y];
  },
  backward(call, [dy]) {
    const dx = new Float64Array(call.inputs[0].data.length);
    visit(call, (j, i, k) => (dx[i]! += dy![j]! * call.inputs[1]!.data[k]!));
    return [dx];
  },
};
