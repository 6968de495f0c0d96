// `npm run bench -- [maps | kernels | train | page] [OPTIONS]`: times maps of six networks, special kernels of convolutions,
// training, or the demo's page. The first word says which; without one it is maps. Each benchmark's file lists its options.

const [first, ...rest] = process.argv.slice(2);
const others = { kernels: "./kernels.mjs", train: "./train.mjs", page: "./page.mjs" };
const isOther = Object.hasOwn(others, first);
const { run } = await import(isOther ? others[first] : "./maps.mjs");
await run(isOther || first === "maps" ? rest : process.argv.slice(2));
