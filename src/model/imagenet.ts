// The classes of ImageNet's challenge in short words, one a line in imagenet.txt: the list imagenet-simple-labels of Anish
// Athalye, which he put into the public domain (github.com/anishathalye/imagenet-simple-labels).

import names from "./imagenet.txt";

/** The names of 1000 classes, or of TensorFlow's 1001, whose first is the background. */
export function imagenetLabels(classes: 1000 | 1001): string[] {
  const list = names.trim().split("\n");
  return classes === 1001 ? ["background", ...list] : list;
}
