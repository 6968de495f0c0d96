// `npm run bench -- [maps | train | page] [OPTIONS]`: times maps of six networks, training, or the demo's page. The first
// word says which; without one it is maps. Each benchmark's file lists its options.

const [first, ...rest] = process.argv.slice(2);
const others = { train: "./train.mjs", page: "./page.mjs" };
const isOther = Object.hasOwn(others, first);
const { run } = await import(isOther ? others[first] : "./maps.mjs");
await run(isOther || first === "maps" ? rest : process.argv.slice(2));
