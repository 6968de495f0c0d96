// What an adapter can do at most: kernels that do one thing only. Each invocation does ROUNDS rounds of it, and
// leaves a result that depends on all of them, so that no compiler can leave them out.

const ROUNDS = 1u;

@group(0) @binding(0) var<storage, read> source: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> result: array<vec4f>;

// Nothing: what a launch costs.
@compute @workgroup_size(1)
fn nothing() {}

// Four sums of products, lane by lane: 4 · 8 operations a round.
@compute @workgroup_size(64)
fn products(@builtin(global_invocation_id) id: vec3u) {
  let m = source[id.x % 64];
  let a = source[id.x % 61];
  var s0 = m;
  var s1 = m + 1;
  var s2 = m + 2;
  var s3 = m + 3;
  for (var i = 0u; i < ROUNDS; i++) {
    s0 = fma(s0, m, a);
    s1 = fma(s1, m, a);
    s2 = fma(s2, m, a);
    s3 = fma(s3, m, a);
  }
  result[id.x] = s0 + s1 + s2 + s3;
}

// Products of a 4 × 4 matrix and a vector, as the convolutions make them: 4 · 32 operations a round.
@compute @workgroup_size(64)
fn matrices(@builtin(global_invocation_id) id: vec3u) {
  let at = id.x % 61;
  let m = mat4x4f(source[at], source[at + 1], source[at + 2], source[at + 3]);
  let v = source[id.x % 64];
  var s0 = v;
  var s1 = v + 1;
  var s2 = v + 2;
  var s3 = v + 3;
  for (var i = 0u; i < ROUNDS; i++) {
    s0 += m * s0;
    s1 += m * s1;
    s2 += m * s2;
    s3 += m * s3;
  }
  result[id.x] = s0 + s1 + s2 + s3;
}

// Loads from storage, neighbors by neighbors: 4 · 16 bytes a round.
@compute @workgroup_size(64)
fn loads(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let step = groups.x * 64;
  let length = arrayLength(&source);
  var sum = vec4f();
  var i = id.x % length;
  for (var r = 0u; r < ROUNDS; r++) {
    for (var k = 0u; k < 4; k++) {
      sum += source[i];
      i = (i + step) % length;
    }
  }
  result[id.x] = sum;
}
