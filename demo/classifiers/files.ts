// Files come into the page in three ways: chosen, dropped anywhere, or pasted. They are told apart here.

/** What the page does with files. */
export interface Receiver {
  photo(file: File): void;
  model(file: File): void;
  labels(file: File): void;
  /** Anything else. */
  other(file: File): void;
}

/** Hands a file to whom it belongs. */
export function sort(files: Iterable<File>, receiver: Receiver): void {
  for (const file of files) receiver[kindOf(file)](file);
}

function kindOf({ name, type }: File): keyof Receiver {
  if (/\.onnx$/i.test(name)) return "model";
  if (/\.(txt|json)$/i.test(name)) return "labels";
  if (type.startsWith("image/")) return "photo";
  return "other";
}

/** Listens to the page's file inputs, to drops and to the clipboard. */
export function receiveFiles(form: HTMLFormElement, receiver: Receiver): void {
  const choose = (id: string, take: (file: File) => void) => {
    const input = form.querySelector<HTMLInputElement>(id)!;
    input.addEventListener("change", () => {
      const [file] = input.files ?? [];
      if (file) take(file);
      input.value = ""; // so that the same file can be chosen again
    });
  };
  choose("#photo-file", receiver.photo);
  choose("#model-file", receiver.model);
  choose("#labels-file", receiver.labels);

  const { body } = document;
  const over = (isOver: boolean) => body.classList.toggle("dropping", isOver);
  body.addEventListener("dragover", (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    over(true);
  });
  body.addEventListener("dragleave", (event) => {
    if (!body.contains(event.relatedTarget as Node | null)) over(false);
  });
  body.addEventListener("drop", (event) => {
    event.preventDefault();
    over(false);
    sort(event.dataTransfer?.files ?? [], receiver);
  });
  document.addEventListener("paste", (event) => {
    const files = event.clipboardData?.files ?? [];
    if (files.length > 0) event.preventDefault();
    sort(files, receiver);
  });
}
