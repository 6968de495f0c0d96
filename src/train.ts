// The public names of `smoothgrad/train`, nothing else. Whoever only explains does not load it.

export type { Attribute, OnnxModel, OnnxNode, Subgraph } from "./onnx/types.js";
export type { Constant, ElementType, Shape } from "./tensor/types.js";
export { readCheckpoint, writeCheckpoint } from "./train/checkpoint.js";
export { type NamedFile, readCifar, readIdx, unpack } from "./train/datasets.js";
export { type EncodeOptions, encodeModel } from "./train/encode.js";
export { type Network, type NetworkName, networks } from "./train/networks.js";
export { type Dataset, evaluate, type Progress, type TrainOptions, train } from "./train/train.js";
export {
  type Batch,
  type Totals,
  Trainer,
  type TrainerOptions,
  type TrainerState,
} from "./train/trainer.js";
export type { Optimizer } from "./train/types.js";
