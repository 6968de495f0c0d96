// The camera as a source of images, one at a time: the next is taken when the last has been used.

/** A running camera. */
export interface Camera {
  /** The picture of now. */
  take(): Promise<ImageBitmap>;
  stop(): void;
}

/** Asks for the camera and starts it. Throws where there is none or it is not allowed. */
export async function openCamera(): Promise<Camera> {
  const stream = await navigator.mediaDevices.getUserMedia({
    video: { width: { ideal: 640 }, height: { ideal: 480 } },
  });
  const video = document.createElement("video");
  Object.assign(video, { srcObject: stream, muted: true, playsInline: true });
  await video.play();
  return {
    take: () => createImageBitmap(video),
    stop() {
      for (const track of stream.getTracks()) track.stop();
    },
  };
}
