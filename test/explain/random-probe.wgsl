// Asks the shaders' random numbers for four words of a counter and a key, and for the normals that are made of them.
#import random

@group(0) @binding(0) var<storage, read> asked: array<vec4u>;         // counter, key, counter, key …
@group(0) @binding(1) var<storage, read_write> words: array<vec4u>;
@group(0) @binding(2) var<storage, read_write> values: array<vec4f>;

@compute @workgroup_size(1)
fn probe(@builtin(global_invocation_id) id: vec3u) {
  let w = philox(asked[2 * id.x], asked[2 * id.x + 1].xy);
  words[id.x] = w;
  values[id.x] = normals(w);
}
