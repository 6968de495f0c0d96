// `npm start -- --files FOLDER` serves a folder of models and photos beside the page; this is the list of them.
// Without it the list is empty and nothing is shown.

/** Fills the shelf with what the server offers; `take` gets the files that are picked. */
export async function fillShelf(shelf: HTMLElement, take: (file: File) => void): Promise<void> {
  const response = await fetch("files.json");
  const paths: string[] = response.ok ? await response.json() : [];
  const select = shelf.querySelector("select")!;
  for (const path of paths) select.add(new Option(path, path));
  shelf.hidden = paths.length === 0;
  select.addEventListener("change", async () => {
    const path = select.value;
    if (path === "") return;
    const answer = await fetch(`files/${path.split("/").map(encodeURIComponent).join("/")}`);
    const blob = await answer.blob();
    take(new File([blob], path.split("/").at(-1)!, { type: blob.type }));
    select.value = "";
  });
}
