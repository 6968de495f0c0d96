// Things that are made once for each key: buffers, masks, views, answers.

/** The value that a map has for a key; where there is none yet, makes it and keeps it. */
export function remembered<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  if (!map.has(key)) map.set(key, make());
  return map.get(key) as V;
}
