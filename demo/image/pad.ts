// A canvas to draw on: white on black, as the digits are that the network learned. The page draws on it, too.

import { type Stroke, strokesOf } from "./glyphs.js";

const WIDTH = 0.085; // of the pen, as a part of the canvas
const WRITING = 1300; // milliseconds for a digit
const CLOSE = 0.006; // points that are nearer to each other are one
const GRID = 255; // steps in either direction, as many as a byte of an address can tell
const LONGEST = 255; // points of a stroke, for the same reason; a longer one goes on in another

/** What of the drawing is to be seen, and where on it a pointer is. */
interface Viewed {
  readonly view: ArrayLike<number>;
  place(canvas: HTMLCanvasElement, event: MouseEvent): readonly [number, number];
}

/** Brings a canvas to life; `changed` is told after every movement, `isDone` once the pen is lifted. */
export function startPad(
  canvas: HTMLCanvasElement,
  viewed: Viewed,
  changed: (isDone: boolean) => void,
) {
  let strokes: (readonly [number, number])[][] = [];
  let isOpen = false;
  let frame = 0;
  let hand: number | undefined; // the pointer that draws

  function paint() {
    if (!isOpen) return;
    const [zoom, x, y] = [viewed.view[0]!, viewed.view[8]!, viewed.view[9]!];
    const context = canvas.getContext("2d")!;
    const [width, height] = [canvas.width / zoom, canvas.height / zoom];
    context.setTransform(1, 0, 0, 1, -x * width, -y * height);
    paintStrokes(context, strokes, width, height);
    context.resetTransform();
  }

  function add(event: MouseEvent) {
    const [x, y] = viewed.place(canvas, event);
    const point = [onGrid(x), onGrid(y)] as const;
    const last = strokes.at(-1)!.at(-1);
    if (last && Math.hypot(point[0] - last[0], point[1] - last[1]) < CLOSE) return;
    if (last && strokes.at(-1)!.length === LONGEST) strokes.push([last]);
    strokes.at(-1)!.push(point);
  }

  function set(next: readonly Stroke[]) {
    cancelAnimationFrame(frame);
    strokes = next.map((stroke) => [...stroke]);
    paint();
  }

  // With a second finger the first one did not begin a stroke but a pinch.
  function drop() {
    if (hand === undefined) return;
    hand = undefined;
    strokes.pop();
    paint();
    changed(true);
  }

  canvas.addEventListener("pointerdown", (event) => {
    if (!isOpen || event.button !== 0) return;
    if (!event.isPrimary) return drop();
    cancelAnimationFrame(frame);
    canvas.setPointerCapture(event.pointerId);
    hand = event.pointerId;
    strokes.push([]);
    add(event);
    paint();
    changed(false);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!isOpen || hand !== event.pointerId) return;
    for (const each of event.getCoalescedEvents?.() ?? []) add(each);
    add(event);
    paint();
    changed(false);
  });
  const lift = (event: PointerEvent) => {
    if (hand !== event.pointerId) return;
    hand = undefined;
    changed(true);
  };
  canvas.addEventListener("pointerup", lift);
  canvas.addEventListener("pointercancel", lift);

  return {
    paint,
    get isEmpty() {
      return strokes.length === 0;
    },
    get strokes(): readonly Stroke[] {
      return strokes;
    },
    /** Whether the canvas is for drawing now; it else shows something else. */
    open(isWanted: boolean) {
      isOpen = isWanted;
      canvas.classList.toggle("pad", isOpen);
      cancelAnimationFrame(frame);
      paint();
    },
    clear() {
      set([]);
      changed(true);
    },
    set(next: readonly Stroke[]) {
      set(next);
      changed(true);
    },
    /** Writes a digit, in time where things may move. */
    write(digit: string) {
      const whole = strokesOf(digit);
      if (matchMedia("(prefers-reduced-motion: reduce)").matches) {
        set(whole);
        changed(true);
        return;
      }
      const total = whole.reduce((sum, stroke) => sum + stroke.length, 0);
      const began = performance.now();
      const next = (now: number) => {
        let left = Math.ceil(total * Math.min(Math.max((now - began) / WRITING, 0.01), 1));
        const isDone = left >= total;
        set(
          whole.flatMap((stroke) => {
            const part = stroke.slice(0, Math.max(left, 0));
            left -= stroke.length;
            return part.length > 0 ? [part] : [];
          }),
        );
        changed(isDone);
        if (!isDone) frame = requestAnimationFrame(next);
      };
      set([]);
      frame = requestAnimationFrame(next);
    },
    /** The drawing as a picture of a size. */
    picture: (width: number, height: number) => pictureOf(strokes, width, height),
  };
}

/** Strokes of the pen as a picture of a size. */
export function pictureOf(strokes: readonly Stroke[], width: number, height: number): ImageBitmap {
  const small = new OffscreenCanvas(width, height);
  paintStrokes(small.getContext("2d")!, strokes, width, height);
  return small.transferToImageBitmap();
}

function paintStrokes(
  context: CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D,
  strokes: readonly Stroke[],
  width: number,
  height: number,
): void {
  context.fillStyle = "black";
  context.fillRect(0, 0, width, height);
  context.strokeStyle = "white";
  context.lineWidth = WIDTH * Math.min(width, height);
  context.lineCap = context.lineJoin = "round";
  for (const stroke of strokes) {
    context.beginPath();
    for (const [x, y] of stroke) context.lineTo(x * width, y * height);
    if (stroke.length === 1) context.lineTo(stroke[0]![0] * width, stroke[0]![1] * height);
    context.stroke();
  }
}

// A pen draws where an address can tell, so that a drawing that is passed on is the same to the last bit.
const onGrid = (v: number) => Math.round(Math.min(Math.max(v, 0), 1) * GRID) / GRID;

/** Strokes as a word for an address: for each its length, then a byte for either place of each point. */
export function strokesToWord(strokes: readonly Stroke[]): string {
  const bytes = strokes.flatMap((stroke) => [
    stroke.length,
    ...stroke.flat().map((v) => Math.round(v * GRID)),
  ]);
  const binary = bytes.map((byte) => String.fromCharCode(byte)).join("");
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** The strokes of such a word; none where it is no such word. */
export function strokesFromWord(word: string): Stroke[] {
  try {
    const bytes = Array.from(atob(word.replaceAll("-", "+").replaceAll("_", "/")), (c) =>
      c.charCodeAt(0),
    );
    const strokes: Stroke[] = [];
    for (let at = 0; at < bytes.length; at += 1 + 2 * bytes[at]!) {
      const points = Array.from({ length: bytes[at]! }, (_, i) => {
        const [x = 0, y = 0] = bytes.slice(at + 1 + 2 * i, at + 3 + 2 * i);
        return [x / GRID, y / GRID] as const;
      });
      strokes.push(points);
    }
    const isWhole = strokesToWord(strokes) === word && strokes.every(({ length }) => length > 0);
    return isWhole ? strokes : [];
  } catch {
    return [];
  }
}
