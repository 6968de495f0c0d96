// The classifiers to choose from: those that come with the page, and public ones, by address and checksum. The public
// ones are exports of torchvision's networks, of the ONNX Model Zoo (Apache-2.0).

/** A classifier that is a choice away. */
export interface Known {
  readonly name: string;
  readonly url: string;
  readonly bytes?: number;
  /** SHA-256 of the file, in hexadecimal. */
  readonly sha256?: string;
  /** Where its card is, which says how photos become its input. */
  readonly card?: string;
  /** Where its class names are; without them the classes are digits. */
  readonly labels?: string;
}

const ZOO = "https://media.githubusercontent.com/media/onnx/models";
const IMAGENET =
  "https://raw.githubusercontent.com/anishathalye/imagenet-simple-labels/master/imagenet-simple-labels.json";

function zoo(name: string, file: string, commit: string, bytes: number, sha256: string): Known {
  const url = `${ZOO}/${commit}/Computer_Vision/${file}_Opset17_torch_hub/${file}_Opset17.onnx`;
  return { name, url, bytes, sha256, labels: IMAGENET };
}

const EARLY = "69d69010b7ed6ba9438c392943d2715026792d40";
const LATE = "d7a7b063b2e99022c43f3c9e550ad49c560d079a";

/** The page's own, by the key of their names in words/. */
export const shipped = {
  clean: {
    name: "mnist-clean",
    url: "models/mnist-clean.onnx",
    card: "models/mnist-clean.json",
  },
  noise: {
    name: "mnist-noise",
    url: "models/mnist-noise.onnx",
    card: "models/mnist-noise.json",
  },
} as const satisfies Record<string, Known>;

/** ImageNet classifiers, from the smallest to the one of the paper. */
export const published: Readonly<Record<string, Known>> = {
  squeezenet: zoo(
    "SqueezeNet 1.1",
    "squeezenet1_1",
    EARLY,
    4958202,
    "fbb553444cab298bcac72cf623694e277dfe11d78662108f91ff46b6acb2cc5f",
  ),
  mobilenet: zoo(
    "MobileNetV2",
    "mobilenet_v2",
    LATE,
    13992248,
    "1acdc7323ff91c6e47866b8507af26514b1c2d94f765afc0d210277ea084eb47",
  ),
  googlenet: zoo(
    "GoogLeNet",
    "googlenet",
    LATE,
    26503581,
    "a27dad530bdfda1febca9c6651fc25437e4ddbe509cc90a647eade928e901db9",
  ),
  resnet: zoo(
    "ResNet-18",
    "resnet18",
    LATE,
    46748516,
    "eef70310eb26bdbc70babb290ee3239599ea9aed406bade711e3d2693b9d20e8",
  ),
  inception: zoo(
    "Inception V3",
    "inception_v3",
    LATE,
    95316962,
    "2bf53d021ea7c60ee8238f144681b3d5b9546dea373dbe244cb0698795142676",
  ),
};

/** A classifier by its key. */
export function knownModel(key: string): Known | undefined {
  return (shipped as Readonly<Record<string, Known>>)[key] ?? published[key];
}
