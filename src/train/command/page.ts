// The half of the trainer that runs in Chrome: files come from the server of the other half, and go back as text.

import { type Outcome, run, type Task } from "./session.js";

declare global {
  /** Functions of the other half. */
  function say(line: string): Promise<void>;
  function tick(progress: object): Promise<void>;
  function save(base64: string): Promise<void>;
}

/** Runs a task; its ONNX file comes back in base64. */
export async function start(task: Task): Promise<Omit<Outcome, "onnx"> & { onnx: string }> {
  const outcome = await run(navigator.gpu, task, {
    async read(name) {
      const response = await fetch(`/files/${encodeURIComponent(name)}`);
      if (!response.ok) throw new Error(`${name} cannot be read`);
      return new Uint8Array(await response.arrayBuffer());
    },
    save: async (bytes) => save(await base64(bytes)),
    say: (line) => say(line),
    tick: (progress) => tick(progress),
  });
  return { ...outcome, onnx: await base64(outcome.onnx) };
}

function base64(contents: Uint8Array): Promise<string> {
  const reader = new FileReader();
  return new Promise((resolve, reject) => {
    reader.onload = () => resolve(String(reader.result).replace(/^[^,]*,/, ""));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(new Blob([contents as BlobPart]));
  });
}
