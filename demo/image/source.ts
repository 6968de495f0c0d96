// Where the image comes from: drawn here, a photo, or the camera. One of them at a time.

import type { Preprocess, Preset } from "../../src/index.js";
import type { Setting } from "../controls/address.js";
import type { Image } from "../messages.js";
import { words } from "../words.js";
import { type Camera, openCamera } from "./camera.js";
import { digits, strokesOf } from "./glyphs.js";
import { pictureOf, startPad, strokesFromWord, strokesToWord } from "./pad.js";
import { type Input, paintPhoto, readPhoto } from "./photo.js";
import type { startZoom } from "./zoom.js";

const element = <T extends HTMLElement = HTMLElement>(id: string) =>
  document.getElementById(id) as T;

/** What the page hears. */
export interface SourceListener {
  /** The image is another one, or has changed a little; a drawing is done when the pen is lifted. */
  imageChanged(how: { isNew: boolean; isDone: boolean }): void;
  complain(text: () => string): void;
}

/** What the network makes of the image. */
export interface Eye {
  readonly input: Input;
  readonly preprocess: Preset | Preprocess | undefined;
}

// Before there is a model, a photo is cut as most of them want it.
const USUAL: Eye = { input: { channels: 3, height: 224, width: 224 }, preprocess: undefined };
const DIGIT = 28;
const FIRST = "3"; // the digit that the page begins with

/** Brings the sources to life. */
export function startSource(zoom: ReturnType<typeof startZoom>, listener: SourceListener) {
  const canvas = element<HTMLCanvasElement>("photo");
  const cameraButton = element("camera");
  let kind: "drawing" | "photo" | "camera" = "drawing";
  let photo: { name: string; bitmap: ImageBitmap } | undefined;
  let camera: Camera | undefined;
  let eye = USUAL;
  let written: string | undefined; // the digit that the page wrote, until a hand changes it
  let isWriting = false;

  const pad = startPad(canvas, zoom, (isDone) => {
    if (!isWriting) written = undefined;
    if (isDone) isWriting = false;
    listener.imageChanged({ isNew: false, isDone });
  });

  function use(next: typeof kind) {
    kind = next;
    if (kind !== "camera") {
      camera?.stop();
      camera = undefined;
    }
    cameraButton.setAttribute("aria-pressed", String(kind === "camera"));
    element("clear").hidden = element("digits").hidden = kind !== "drawing";
    pad.open(kind === "drawing");
    refresh();
  }

  function write(digit: string) {
    written = digit;
    isWriting = true;
    pad.write(digit);
  }

  function draw(digit?: string) {
    if (kind !== "drawing") {
      use("drawing");
      listener.imageChanged({ isNew: true, isDone: true });
    }
    if (digit !== undefined) write(digit);
  }

  async function takePhoto(file: File) {
    try {
      photo = { name: file.name, bitmap: await readPhoto(file) };
    } catch {
      return listener.complain(() => words.says.noPicture(file.name));
    }
    use("photo");
    listener.imageChanged({ isNew: true, isDone: true });
  }

  async function film() {
    if (kind === "camera") return draw();
    try {
      camera = await openCamera();
    } catch (error) {
      return listener.complain(() => words.says.noCamera((error as Error).message));
    }
    use("camera");
    await next(true);
  }

  /** Takes the camera's next picture. */
  async function next(isNew = false) {
    if (!camera) return;
    photo = { name: "camera", bitmap: await camera.take() };
    paint();
    listener.imageChanged({ isNew, isDone: true });
  }

  let drawn: { digit?: string; strokes?: string } = {};

  /** In words what is drawn. Of an empty pad there is no map: it is still that of the drawing before. */
  function drawing() {
    if (kind !== "drawing") return {};
    if (written !== undefined) drawn = { digit: written };
    else if (!pad.isEmpty) drawn = { strokes: strokesToWord(pad.strokes) };
    return drawn;
  }

  function paint() {
    if (kind === "drawing") pad.paint();
    else if (photo) paintPhoto(canvas, photo.bitmap, eye.input, eye.preprocess, zoom.view);
  }

  function refresh() {
    const { digitTitle, photoTitle, drawn, digit } = words.says;
    element("photo-title").textContent = kind === "drawing" ? digitTitle : photoTitle;
    const size = photo && ` ${photo.bitmap.width} × ${photo.bitmap.height}`;
    element("photo-name").textContent = kind === "drawing" ? drawn : `${photo?.name ?? ""},${size}`;
    element("digits").replaceChildren(
      ...digits.map((each) => {
        const button = document.createElement("button");
        button.type = "button";
        button.textContent = each;
        button.setAttribute("aria-label", digit(each));
        button.addEventListener("click", () => draw(each));
        return button;
      }),
    );
    paint();
  }

  element("clear").addEventListener("click", pad.clear);
  element("draw").addEventListener("click", () => draw());
  cameraButton.addEventListener("click", film);
  use("drawing");

  return {
    takePhoto,
    next,
    paint,
    refresh,
    /** What the network of now sees. */
    see(next: Eye) {
      eye = next;
      paint();
    },
    get isFilming() {
      return kind === "camera";
    },
    /** The image of now; none before anything is drawn. */
    get image(): Image | undefined {
      if (kind !== "drawing") return photo;
      if (pad.isEmpty) return undefined;
      const { width, height } = eye === USUAL ? { width: DIGIT, height: DIGIT } : eye.input;
      return { name: "drawing", bitmap: pad.picture(width, height) };
    },
    /** Whether the image is what is drawn here. */
    get isDrawn() {
      return kind === "drawing";
    },
    /** What was drawn here last, as networks of digits read it; a 3 where nothing is drawn. */
    get digit(): ImageBitmap {
      // A photo may have come while the page was still writing.
      const isByHand = written === undefined && !pad.isEmpty;
      return pictureOf(isByHand ? pad.strokes : strokesOf(written ?? FIRST), DIGIT, DIGIT);
    },
    /** The drawing; a photo has no words. */
    settings: [
      {
        name: "digit",
        word: () => (drawing().digit === FIRST ? undefined : drawing().digit),
        take(word) {
          if (digits.includes(word)) write(word);
          return digits.includes(word);
        },
      },
      {
        name: "strokes",
        word: () => drawing().strokes,
        take(word) {
          const strokes = strokesFromWord(word);
          if (strokes.length === 0) return false;
          isWriting = false;
          pad.set(strokes);
          return true;
        },
      },
    ] satisfies Setting[],
    /** Draws the first digit, unless something is drawn already. */
    begin() {
      if (written === undefined && pad.isEmpty) write(FIRST);
    },
    /** What the photo is called, which is not in the address. */
    get ownFile(): string | undefined {
      if (kind === "camera") return words.says.cameraPicture;
      return kind === "photo" ? photo?.name : undefined;
    },
  };
}
