// A scale and a shift for each channel: BatchNormalization that no convolution took in.
//
//   y[c, p] = a(scale[c] · x[c, p] + shift[c])      dx[c, p] = scale[c] · dy[c, p]

override POSITIONS: u32 = 1;
override X_OFFSET: u32 = 0;     // of x; of dy, backward
override X_STRIDE: u32 = 0;

@group(0) @binding(0) var<storage, read> x: array<vec4f>;      // [n][C/4][P]
@group(0) @binding(1) var<storage, read> dy: array<vec4f>;
@group(0) @binding(2) var<storage, read> scale: array<vec4f>;  // [C/4]
@group(0) @binding(3) var<storage, read> shift: array<vec4f>;  // [C/4]

// Eight positions an invocation: one word of the mask.
@compute @workgroup_size(64)
fn forward(@builtin(global_invocation_id) id: vec3u) {
  let words = (POSITIONS + 7) / 8;
  if (id.x >= words) {
    return;
  }
  var word = 0u;
  for (var p = id.x * 8; p < min(id.x * 8 + 8, POSITIONS); p++) {
    let i = id.y * POSITIONS + p;
    let v = scale[id.y] * x[id.z * X_STRIDE + X_OFFSET + i] + shift[id.y];
    y[id.z * Y_STRIDE + Y_OFFSET + i] = activate(v);
    word |= mask_bits(v, p);
  }
  if (KEEP_MASK) {
    mask[id.z * MASK_STRIDE + id.y * words + id.x] = word;
  }
}

@compute @workgroup_size(64)
fn backward(@builtin(global_invocation_id) id: vec3u) {
  if (id.x < POSITIONS) {
    let g = dy[id.z * X_STRIDE + X_OFFSET + id.y * POSITIONS + id.x];
    put_gradient(id.z, id.y, id.x, scale[id.y] * g);
  }
}
