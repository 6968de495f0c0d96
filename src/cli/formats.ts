// The files that an input may be.

/** The pictures that Chrome decodes. */
export const FORMATS = ["JPEG", "PNG", "GIF", "WebP", "BMP", "AVIF"] as const;
export type PictureFormat = (typeof FORMATS)[number];

/** A tensor of NumPy, or a picture by its format; undefined where only Chrome can tell. */
export type InputKind = "tensor" | PictureFormat | undefined;

/** What an input may be, as the end of a sentence. */
export const TAKEN = `pictures are ${FORMATS.join(", ")}, tensors .npy files`;
