// The first convolution of a network that sees few channels, done over its windows: kernels take channels in fours,
// and of a gray picture three of four would be padding. The taps become the channels of a 1 × 1 convolution, whose
// weights are those of the first one in the same order. Maps have ops/conv/im2col.ts for that, which keeps a second buffer of
// turned weights and so needs weights that do not change.

import { inputOf, outputOf } from "../ops/attributes.js";
import type { Graph, Node } from "../ops/types.js";
import { windowOf } from "../ops/window.js";
import { channels } from "../tensor/layout.js";
import type { Constant, Layout } from "../tensor/types.js";

/** The graph with its first convolution over windows; the graph itself if that would gain nothing. */
export function overWindows(graph: Graph): Graph {
  const first = graph.nodes.find(({ inputs }) => inputs[0] === graph.input);
  const input = graph.layouts.get(graph.input) as Layout;
  const weights = graph.constants.get(first?.inputs[1] ?? "");
  if (first?.op !== "Conv" || input.shape.length !== 4 || channels(input) > 3 || !weights) {
    return graph;
  }
  const [outputs = 1, perGroup = 1, ...kernel] = weights.shape;
  if (perGroup !== channels(input) || kernel.every((length) => length === 1)) return graph;
  const { stride, dilation, before, output } = windowOf(first, input.shape, kernel);
  const [x, windows, y] = ["picture", "windows", "pixels"].map((name) => `${first.name} ${name}`);
  const node = (op: string, from: string, to: string, attributes: Node["attributes"]): Node => ({
    name: to,
    op,
    inputs: [from],
    outputs: [to],
    attributes,
  });
  const taps = perGroup * (kernel[0] as number) * (kernel[1] as number);
  const flat: Constant = { ...weights, shape: [outputs, taps, 1, 1] };
  const nodes: Node[] = [
    node("Reshape", graph.input, x as string, {}),
    node("Unfold", x as string, windows as string, {
      ...{ kernel, output: [...output], strides: [...stride], dilations: [...dilation] },
      before: [...before],
    }),
    {
      ...first,
      inputs: [windows as string, ...first.inputs.slice(1)],
      outputs: [y as string],
      attributes: {},
    },
    node("Reshape", y as string, outputOf(first), {}),
  ];
  const plane = output[0] * output[1];
  const layouts = new Map(graph.layouts);
  layouts.set(x as string, { shape: [...input.shape, 1], channel: 1 });
  layouts.set(windows as string, { shape: [1, taps, plane, 1], channel: 1 });
  layouts.set(y as string, { shape: [1, outputs, plane, 1], channel: 1 });
  return {
    ...graph,
    layouts,
    constants: new Map(graph.constants).set(inputOf(first, 1), flat),
    nodes: graph.nodes.flatMap((other) => (other === first ? nodes : [other])),
  };
}
