// Pan and zoom of both pictures together: one mat3 from places on a canvas to places in the picture, both from 0 to 1.
// Wheel, two fingers and dragging move it, and so do the keys.

import { mat3, vec2 } from "wgpu-matrix";

const MOST = 40;
const STEP = 1.25;

/** Hears the gestures on some canvases; `changed` gets the matrix, undefined where all is to be seen. */
export function startZoom(
  canvases: readonly HTMLCanvasElement[],
  changed: (view: Float32Array | undefined) => void,
) {
  let view = mat3.identity();

  function set(next: Float32Array) {
    const size = Math.min(Math.max(next[0]!, 1 / MOST), 1);
    // No place outside of the picture.
    const place = (v: number) => Math.min(Math.max(v, 0), 1 - size);
    view = mat3.multiply(
      mat3.translation([place(next[8]!), place(next[9]!)]),
      mat3.scaling([size, size]),
    ) as typeof view;
    for (const canvas of canvases) canvas.classList.toggle("zoomed", !isWhole());
    changed(isWhole() ? undefined : Float32Array.from(view));
  }

  const isWhole = () => view[0] === 1;

  function zoomAt([x, y]: readonly [number, number], factor: number) {
    const around = mat3.translation([x, y]);
    const back = mat3.translation([-x, -y]);
    set(
      mat3.multiply(
        view,
        mat3.multiply(around, mat3.multiply(mat3.scaling([factor, factor]), back)),
      ),
    );
  }

  /** Lays the place that was between two fingers between them again, and as much of it as they hold. */
  function pinch(before: Span, now: Span) {
    const factor = before.length / now.length;
    const [x, y] = now.center;
    const [fromX, fromY] = before.center;
    const there = mat3.translation([fromX - factor * x, fromY - factor * y]);
    set(mat3.multiply(view, mat3.multiply(there, mat3.scaling([factor, factor]))));
  }

  const move = (x: number, y: number) => set(mat3.multiply(view, mat3.translation([x, y])));

  function placeOn(
    canvas: HTMLCanvasElement,
    { clientX, clientY }: Pick<MouseEvent, "clientX" | "clientY">,
  ) {
    const { left, top, width, height } = canvas.getBoundingClientRect();
    return [(clientX - left) / width, (clientY - top) / height] as const;
  }

  for (const canvas of canvases) {
    canvas.addEventListener(
      "wheel",
      (event) => {
        // Scrolling the page past the canvas must not zoom it; a pinch comes with the control key.
        if (!event.ctrlKey && !event.metaKey && document.activeElement !== canvas) return;
        event.preventDefault();
        zoomAt(placeOn(canvas, event), event.deltaY > 0 ? STEP : 1 / STEP);
      },
      { passive: false },
    );
    canvas.addEventListener("dblclick", (event) => {
      if (!canvas.classList.contains("pad")) zoomAt(placeOn(canvas, event), 1 / (STEP * STEP));
    });
    drag(canvas, isWhole, (x, y) => move(-x, -y));
    watchFingers(canvas, placeOn, pinch);
    canvas.addEventListener("keydown", (event) => {
      const act = {
        ArrowLeft: () => move(-0.1, 0),
        ArrowRight: () => move(0.1, 0),
        ArrowUp: () => move(0, -0.1),
        ArrowDown: () => move(0, 0.1),
        "+": () => zoomAt([0.5, 0.5], 1 / STEP),
        "=": () => zoomAt([0.5, 0.5], 1 / STEP),
        "-": () => zoomAt([0.5, 0.5], STEP),
        0: () => set(mat3.identity()),
      }[event.key];
      if (!act) return;
      event.preventDefault();
      act();
    });
  }

  return {
    reset: () => set(mat3.identity()),
    /** The place in the picture that a pointer is at. */
    place(canvas: HTMLCanvasElement, event: MouseEvent): readonly [number, number] {
      const [x = 0, y = 0] = vec2.transformMat3(vec2.create(...placeOn(canvas, event)), view);
      return [x, y];
    },
    get view(): Float32Array {
      return view;
    },
  };
}

/** Two fingers on a canvas: the place between them, from 0 to 1, and how far they are apart. */
interface Span {
  readonly center: readonly [number, number];
  readonly length: number;
}

// A finger alone draws, drags or scrolls the page; with a second one on the same picture both belong to the zoom.
function watchFingers(
  canvas: HTMLCanvasElement,
  placeOn: (canvas: HTMLCanvasElement, finger: Touch) => readonly [number, number],
  pinch: (before: Span, now: Span) => void,
): void {
  let last: Span | undefined;
  const spanOf = ({ targetTouches: [a, b] }: TouchEvent): Span | undefined => {
    if (!a || !b) return undefined;
    const [[ax, ay], [bx, by]] = [placeOn(canvas, a), placeOn(canvas, b)];
    return { center: [(ax + bx) / 2, (ay + by) / 2], length: Math.hypot(bx - ax, by - ay) || 1e-3 };
  };
  const options = { passive: false };
  for (const kind of ["touchstart", "touchend", "touchcancel"] as const) {
    canvas.addEventListener(
      kind,
      (event) => {
        last = spanOf(event);
      },
      options,
    );
  }
  canvas.addEventListener(
    "touchmove",
    (event) => {
      const now = spanOf(event);
      if (!now) return;
      // Else the browser would zoom the page.
      event.preventDefault();
      if (last) pinch(last, now);
      last = now;
    },
    options,
  );
}

// Dragging moves the picture once it is larger than its frame.
function drag(
  canvas: HTMLCanvasElement,
  isWhole: () => boolean,
  move: (x: number, y: number) => void,
): void {
  let last: PointerEvent | undefined;
  canvas.addEventListener("pointerdown", (event) => {
    if (isWhole() || canvas.classList.contains("pad")) return;
    last = event.isPrimary ? event : undefined; // a second finger makes it a pinch
    if (!last) return;
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!last) return;
    const { width, height } = canvas.getBoundingClientRect();
    move((event.clientX - last.clientX) / width, (event.clientY - last.clientY) / height);
    last = event;
  });
  for (const end of ["pointerup", "pointercancel"] as const) {
    canvas.addEventListener(end, () => {
      last = undefined;
    });
  }
}
