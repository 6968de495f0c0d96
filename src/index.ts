// The public names, nothing else.

export type { Contrast } from "./explain/contrast.js";
export type { GradientLine, LineOptions } from "./explain/gradient-line.js";
export type { Completeness, MapMemory, MapTimes, SensitivityMap } from "./explain/map.js";
export { contrast, gradientLine, precisionError, readNpy, writeNpy } from "./explain/on-demand.js";
export { captumScale, type ParityName, pairScale, parity } from "./explain/parity.js";
export type { PrecisionError } from "./explain/precision-error.js";
export { type ClassesOptions, sensitivities, sensitivity } from "./explain/sensitivity.js";
export { checkOptions, type SensitivityOptions } from "./explain/settings.js";
export { type DeviceOptions, requestDevice } from "./gpu/device.js";
export { type Guess, readCard, readCardLabels } from "./image/guess.js";
export type { ImageSource, InputShape } from "./image/image.js";
export {
  type Mat3,
  type PreprocessSource,
  placement,
  type ResolvedPreprocess,
  resolvePreprocess,
} from "./image/preprocess.js";
export { type Method, type MethodName, type MethodOption, methods } from "./methods/methods.js";
export { describeMethods, optionsOf } from "./methods/reads.js";
export type { MethodWords } from "./methods/words.js";
export { type LabelsSource, parseLabels } from "./model/labels.js";
export { loadModel } from "./model/load.js";
export type {
  Classification,
  ClassifyOptions,
  ClassScore,
  Model,
  ModelMemory,
  ModelOptions,
  ModelSource,
} from "./model/model.js";
export { type Suggestion, type SuggestOptions, suggestPreprocess } from "./model/suggest.js";
export type { TuneOptions } from "./model/tune.js";
export type { SharedTile, Tiling } from "./ops/types.js";
export {
  type Estimator,
  type Fit,
  type Overlay,
  type PaletteName,
  type PictureOptions,
  paletteNames,
  type Range,
  type Reduction,
} from "./options/drawing.js";
export {
  type Preprocess,
  type PreprocessOption,
  type Preset,
  presets,
  type Rectangle,
} from "./options/preprocess.js";
export type {
  Baseline,
  NoiseScale,
  Quadrature,
  Scalar,
  Target,
} from "./options/sampling.js";
export type { PixelOptions } from "./picture/picture.js";
export type { Tuning } from "./plan/types.js";
export type { NpyTensor } from "./tensor/npy.js";
export type { Box, Extent, Precision, RawTensor, Size } from "./tensor/types.js";
