// The article's sliders and selects. A control has the name of the attribute that it sets.

for (const form of document.querySelectorAll("form")) {
  const map = form.closest("figure").querySelector("sensitivity-map");
  form.addEventListener("input", () => {
    for (const { name, value, labels } of form.querySelectorAll("input, select")) {
      if (value === "") map.removeAttribute(name);
      else map.setAttribute(name, value);
      const output = labels[0].querySelector("output");
      if (output) output.value = value;
    }
  });
}

// What `npm start -- --files FOLDER` offers.
const offered = await fetch("../files.json").then((response) => response.json());
const own = document.querySelector("#own");

for (const [name, ending] of Object.entries({
  model: /\.onnx$/i,
  src: /\.(jpe?g|png|webp)$/i,
  labels: /\.(txt|json)$/i,
})) {
  const select = own.querySelector(`[name=${name}]`);
  select.add(new Option("choose …", ""));
  for (const path of offered.filter((path) => ending.test(path))) {
    const url = `../files/${path.split("/").map(encodeURIComponent).join("/")}`;
    select.add(new Option(path.split("/").at(-1), url));
  }
}
own.hidden = !offered.some((path) => path.endsWith(".onnx"));
