// The WGSL files that only training needs, by name, as text; put together as in ../shaders.ts.

import batch from "../../shaders/batch.wgsl";
import dropout from "../../shaders/dropout.wgsl";
import loss from "../../shaders/loss.wgsl";
import optimizer from "../../shaders/optimizer.wgsl";
import random from "../../shaders/random.wgsl";
import run from "../../shaders/run.wgsl";
import training from "../../shaders/training.wgsl";
import weights from "../../shaders/weights.wgsl";

export const trainingShaders: Readonly<Record<string, string>> = {
  batch: run + training + random + batch,
  dropout: run + training + random + dropout,
  loss: run + loss,
  optimizer: training + optimizer,
  weights: run + weights,
};
