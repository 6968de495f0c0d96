// From a graph to a plan for training: the steps of one update and the buffers they need, as plain data.
//
// It is the plan of a map with other ends. The inputs are a batch of images, moved and with noise; the backward pass
// begins with the gradient of the loss, leaves that of every learned parameter on its way, and does not go where
// nothing is learned any more, which is before the first layer. The optimizer then steps. Evaluation is the
// beginning of the same list, up to the loss.
//
// The graph's parameters hold the numbers 1, 2, 3 … in place of values. How an operator packs them into a buffer then
// tells where each weight lies, and neither the plan nor the operators need know the weights.

import { weightGradients } from "../ops/conv/weight-gradient.js";
import { gateInPlace } from "../ops/relu.js";
import type { Graph, Node } from "../ops/types.js";
import { share } from "../plan/memory.js";
import { makePlanner, type Planner } from "../plan/planner.js";
import type { PlanBuffer } from "../plan/types.js";
import type { View } from "../shaders/step.js";
import { channels, positions } from "../tensor/layout.js";
import { learningOf, roomIn } from "./learning.js";
import { dropoutStep, inputStep, lossSteps, updateStep } from "./steps.js";
import type { TrainingPlan, TrainingPlanOptions, TrainingPorts } from "./types.js";

/** The bytes of training.wgsl's struct. */
const TRAINING_BYTES = 32;
/** Beyond it not every number is a float32. */
const MOST_WEIGHTS = 2 ** 24;

/** Makes the plan for training a graph whose float constants hold the numbers from 1 on (`numbered`). */
export function makeTrainingPlan(graph: Graph, options: TrainingPlanOptions): TrainingPlan {
  const { batch, tiling } = options;
  // The gradient of a loss is in all classes.
  const planner = makePlanner(graph, { method: "gradient", tiling, explains: "all" });
  const { buffers, places, gradients } = planner;
  const learning = learningOf(planner, batch);
  const { planning } = learning;
  const room = roomIn(buffers);
  const training = room("training", TRAINING_BYTES);
  const input = planning.value(graph.input);
  const ports: TrainingPorts = {
    run: planning.run,
    training,
    pixels: room("pixels", channels(input.layout) * positions(input.layout) * batch),
    labels: room("labels", batch * 4),
    totals: room("totals", 16),
  };
  const dropOut = (node: Node, viewOf: (name: string) => View) => {
    for (const name of node.outputs) {
      const rate = options.dropout?.[name];
      if (rate) planning.step(dropoutStep(name, planning.run, viewOf(name), rate));
    }
  };

  const network = planner.written(() => {
    for (const node of places.stepping) {
      planner.forward(node, planning);
      dropOut(node, planning.value);
    }
  });
  const logits = planning.value(graph.output);
  gradients.begin(learningRoots(planner));
  const dy = planning.gradient(graph.output);
  const results = room("results", batch * 8);
  const forward = [
    inputStep(ports, input, options),
    ...network,
    ...lossSteps(ports, { logits, dy, results, batch }),
  ];
  const backward = planner.written(() => {
    const gate = gradients.seeded();
    if (gate) gateInPlace("loss gate", planning, { ...dy, add: false, gate });
    for (const node of [...places.stepping].reverse()) {
      if (!gradients.isOnPath(node.outputs)) continue;
      dropOut(node, planning.gradient);
      weightGradients[node.op]?.(node, planning);
      if (gradients.isOnPath(node.inputs)) planner.back(node, planning);
    }
    gradients.check();
  });
  const parameters = learning.parameters(options.optimizer);
  const all = [...forward, ...backward];
  const { places: shared, physical } = share(
    buffers.list,
    all,
    new Map([[logits.buffer, all.length]]),
  );
  return {
    ...{ forward, backward, parameters, physical, ports, logits, batch },
    evaluation: forward.filter(({ shader }) => shader !== "dropout"),
    update: parameters.map((each) =>
      updateStep(each, buffers.list[each.buffer] as PlanBuffer, options.optimizer, training),
    ),
    buffers: buffers.list,
    places: shared,
  };
}

/** The tensors that depend on a learned parameter. */
function learningRoots({ places: { graph, stepping, root } }: Planner): ReadonlySet<string> {
  const isNumbered = (name: string) => graph.constants.get(name)?.type.startsWith("float") ?? false;
  const found = new Set<string>();
  for (const { op, inputs, outputs } of stepping) {
    const learns = op in weightGradients && inputs.some(isNumbered);
    if (!learns && !inputs.some((name) => found.has(root(name)))) continue;
    for (const name of outputs) found.add(root(name));
  }
  return found;
}

/** The number of all weights of a graph, and the same graph with their numbers in place of their values. */
export function numbered(graph: Graph): { graph: Graph; count: number } {
  let count = 0;
  const constants = [...graph.constants].map(([name, constant]) => {
    if (!constant.type.startsWith("float")) return [name, constant] as const;
    const first = count + 1;
    count += constant.data.length;
    const data = Float32Array.from(constant.data, (_, i) => first + i);
    return [name, { ...constant, data }] as const;
  });
  if (count >= MOST_WEIGHTS) {
    throw new Error(`the network has ${count} weights, fewer than ${MOST_WEIGHTS} can be trained`);
  }
  return { graph: { ...graph, constants: new Map(constants) }, count };
}
