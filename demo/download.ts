// Files from the network: with progress, kept by the browser for the next time and for times without a network, and
// checked where it is known what they must be.

/** A file that can be fetched. */
export interface Source {
  /** What it is called where it arrives. */
  readonly name: string;
  readonly url: string;
  readonly bytes?: number | undefined;
  /** SHA-256 of the file, in hexadecimal. */
  readonly sha256?: string | undefined;
}

const CACHE = "smoothgrad-models";

/** Fetches a file, or finds it kept. Throws where it is not there or not what it should be. */
export async function download(
  { name, url, bytes, sha256 }: Source,
  progress: (part: number) => void,
  signal: AbortSignal,
  otherBytes: string,
): Promise<File> {
  const kept = sha256 === undefined ? undefined : await caches.open(CACHE).catch(() => undefined);
  const found = await kept?.match(url);
  const response = found ?? (await fetch(url, { signal }));
  if (!response.ok) throw new Error(`${response.status} ${response.statusText}`.trim());
  const total = bytes ?? Number(response.headers.get("Content-Length") ?? 0);
  const parts: BlobPart[] = [];
  let received = 0;
  const reader = response.body!.getReader();
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    parts.push(read.value);
    received += read.value.length;
    if (total > 0) progress(received / total);
  }
  const file = new File(parts, name);
  if (sha256 === undefined || found) return file;
  if ((await digestOf(file)) !== sha256) throw new Error(otherBytes);
  // Keeping it is a kindness: where there is no room, the file is used all the same.
  await kept?.put(url, new Response(file)).catch(() => {});
  return file;
}

async function digestOf(file: Blob): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await file.arrayBuffer()));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
