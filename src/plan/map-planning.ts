// What a procedure asks of a plan while it writes its steps down: `MapPlanning` of methods/procedure.ts, by a planner.

import type { Method } from "../methods/methods.js";
import type { MapPlanning } from "../methods/procedure.js";
import { GRADIENT } from "../methods/rules.js";
import { multiply } from "../ops/rules/lrp.js";
import type { View } from "../shaders/step.js";
import { goBack } from "./backward.js";
import type { Planner } from "./planner.js";
import { noiseStep, scoreStep } from "./steps/around.js";

/** What is known of a map besides its planner. */
interface Mapped extends Pick<MapPlanning, "ports" | "kept" | "forward"> {
  readonly logits: View;
  readonly method: Method | undefined;
}

/** Lets a procedure ask a planner. */
export function mapPlanning(
  planner: Planner,
  { ports, logits, kept, forward, method }: Mapped,
): MapPlanning {
  const { buffers, planning, places, pass } = planner;
  const { graph } = places;
  const { value, gradient, step } = planning;
  const { procedure, rules = GRADIENT } = method ?? {};
  return {
    ...{ method: pass.method, graph, ports, kept, forward, value, step },
    buffer: buffers.perSample,
    tensor: buffers.view,
    map: () => gradient(graph.input),
    noise(into = value(graph.input)) {
      step(noiseStep(ports, into.layout, into.buffer, procedure?.hasPath ?? false));
      return into;
    },
    goBack: (way = {}) => goBack(planner, way.rules ?? rules, way),
    scores() {
      const scores = buffers.perSample("scores", 4);
      step(scoreStep(ports.target, logits, scores, graph.head));
      return scores;
    },
    product(label, a, b) {
      const made = buffers.view(label, a.layout);
      const node = { name: "input", op: "", inputs: [], outputs: [], attributes: {} };
      multiply(node, planning, a, b, 1, { ...made, add: false });
      return made;
    },
  };
}
