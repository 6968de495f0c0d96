// The WGSL files that only training needs, by name, as text; put together as in shaders/registry.ts.

import random from "../../shaders/shared/random.wgsl";
import run from "../../shaders/shared/run.wgsl";
import batch from "../../shaders/training/batch.wgsl";
import dropout from "../../shaders/training/dropout.wgsl";
import loss from "../../shaders/training/loss.wgsl";
import optimizer from "../../shaders/training/optimizer.wgsl";
import training from "../../shaders/training/training.wgsl";
import weightGradient from "../../shaders/training/weight-gradient.wgsl";

export const trainingShaders: Readonly<Record<string, string>> = {
  batch: run + training + random + batch,
  dropout: run + training + random + dropout,
  loss: run + loss,
  optimizer: training + optimizer,
  "weight-gradient": run + weightGradient,
};
