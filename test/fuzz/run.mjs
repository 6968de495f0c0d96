// `npm run fuzz -- [files | graphs] [OPTIONS]`: mutated model files, or random graphs against the float64 twins. The first
// word says which; without one it is files. Each fuzzer's file lists its options.

const [first, ...rest] = process.argv.slice(2);
const { run } = await import(first === "graphs" ? "../random-graphs/run.mjs" : "./files.mjs");
await run(first === "graphs" || first === "files" ? rest : process.argv.slice(2));
