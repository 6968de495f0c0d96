// The shaders that only training needs, by name, as text.

import batch from "../../shaders/training/batch.wgsl";
import dropout from "../../shaders/training/dropout.wgsl";
import loss from "../../shaders/training/loss.wgsl";
import optimizer from "../../shaders/training/optimizer.wgsl";
import weightGradient from "../../shaders/training/weight-gradient.wgsl";

/** The shaders of training, for `addShaders`. */
export const trainingShaders: Readonly<Record<string, string>> = {
  batch,
  dropout,
  loss,
  optimizer,
  "weight-gradient": weightGradient,
};
