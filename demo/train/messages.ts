// What the page and its worker say to each other.

/** From the page. */
export type Request =
  | { kind: "files"; files: readonly File[] }
  | { kind: "run"; isRunning: boolean }
  | { kind: "again" }
  | { kind: "noise"; noise: number }
  | { kind: "digit"; digit: number };

/** From the worker. */
export type Report =
  | { kind: "ready"; digits: readonly ImageData[]; images: number; tested: number }
  | { kind: "progress"; point: Point; steps: number; epoch: number }
  | { kind: "maps"; gradient: ImageData; smooth: ImageData; verdict: Verdict }
  | { kind: "done"; accuracy: number; onnx: Uint8Array<ArrayBuffer> }
  | { kind: "fault"; message: string };

/** What the network says of the chosen digit. */
export interface Verdict {
  readonly label: number;
  readonly said: string;
  readonly probability: number;
}

/** A point of the curves. */
export interface Point {
  readonly step: number;
  readonly loss: number;
  readonly accuracy: number;
  readonly imagesPerSecond: number;
}
