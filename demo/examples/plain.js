import { loadModel, requestDevice, sensitivities } from "../smoothgrad/index.js";

const [digit, canvas, says] = document.querySelectorAll("img, canvas, output");

try {
  const device = await requestDevice();
  const model = await loadModel(device, "../models/mnist-clean.onnx", {
    labels: "zero one two three four five six seven eight nine".split(" "),
    preprocess: { shortSide: 28 },
  });
  const options = { samples: 100, noise: 0.3 };
  for await (const map of sensitivities(model, digit, options)) {
    map.draw(canvas, { reduce: "signed", smooth: true });
    const error = Math.round(100 * map.standardError);
    says.value = `${map.target.label}: ${map.samples} samples, ± ${error} %`;
  }
} catch (error) {
  says.value = error.message;
}
