// The model card beside a trained file: what it takes and gives, and how it came to be.

import { version } from "../../../package.json";
import type { TrainRequest } from "./options.js";
import type { Outcome } from "./session.js";

const MNIST = {
  data: "MNIST (LeCun, Cortes & Burges), 28 × 28 pixels",
  labels: ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
  pixels: "white on black",
};

const CIFAR = {
  data: "CIFAR-10 (Krizhevsky 2009), 32 × 32 pixels",
  labels: [
    ...["airplane", "automobile", "bird", "cat", "deer"],
    ...["dog", "frog", "horse", "ship", "truck"],
  ],
  pixels: "RGB",
};

/** The text of a model card, JSON. */
export function modelCard(request: TrainRequest, outcome: Outcome): string {
  const { network, noise, epochs, rate, batch, seed, runtime } = request;
  const { data, labels, pixels } = network.startsWith("mnist") ? MNIST : CIFAR;
  const words = [
    ...["--network", network, "--data", "DIR", "--noise", noise, "--epochs", epochs],
    ...["--rate", rate, "--batch", batch, "--seed", seed, "--runtime", runtime],
  ];
  const card = {
    network,
    input: {
      name: "input",
      shape: ["N", ...outcome.input],
      values: `pixel / 255, ${pixels}`,
    },
    output: { name: "logits", shape: ["N", labels.length] },
    preprocess: { shortSide: outcome.input[1], scale: 1 / 255 },
    labels,
    training: {
      ...{ data, images: outcome.images, noise, epochs, rate, batch, seed },
      ...{ optimizer: "Adam", command: `npm run train -- ${words.join(" ")}` },
      ...{ adapter: outcome.adapter, smoothgrad: version },
    },
    test: {
      images: outcome.tested,
      accuracy: Number(outcome.accuracy.toFixed(4)),
      loss: Number(outcome.loss.toFixed(4)),
    },
    license: "MIT",
  };
  return `${JSON.stringify(card, null, 2)}\n`;
}
