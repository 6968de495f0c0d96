// a ∘ b for +, −, ·, / of two tensors, and the gradient with respect to either. An operand may be shorter than
// the result: constant along the positions, along the channels, or both; its steps are then zero.
//
//   +  da = dy         db = dy
//   −  da = dy         db = −dy
//   ·  da = dy · b     db = dy · a
//   /  da = dy / b     db = −dy · a / b²        each summed over what the operand does not vary along

const PLUS = 0u;
const MINUS = 1u;
const TIMES = 2u;
const OVER = 3u;

override OPERATION: u32 = 0;
override CHANNELS: u32 = 4;       // of the result
override POSITIONS: u32 = 1;
override A_OFFSET: u32 = 0;
override A_STRIDE: u32 = 0;       // from a sample to the next; 0 for a constant
override A_QUAD: u32 = 0;         // from a channel quad to the next
override A_POSITION: u32 = 0;     // from a position to the next
override A_SPLAT: bool = false;   // one channel stands for all
override B_OFFSET: u32 = 0;
override B_STRIDE: u32 = 0;
override B_QUAD: u32 = 0;
override B_POSITION: u32 = 0;
override B_SPLAT: bool = false;
override DY_OFFSET: u32 = 0;
override DY_STRIDE: u32 = 0;
override DX_QUADS: u32 = 1;       // of the operand whose gradient is made
override DX_SPLAT: bool = false;  // it has one channel, the result several

@group(0) @binding(0) var<storage, read> a: array<vec4f>;
@group(0) @binding(1) var<storage, read> b: array<vec4f>;
@group(0) @binding(2) var<storage, read> dy: array<vec4f>;

fn read_a(n: u32, quad: u32, p: u32) -> vec4f {
  let v = a[n * A_STRIDE + A_OFFSET + quad * A_QUAD + p * A_POSITION];
  return select(v, vec4f(v.x), A_SPLAT);
}

fn read_b(n: u32, quad: u32, p: u32) -> vec4f {
  let v = b[n * B_STRIDE + B_OFFSET + quad * B_QUAD + p * B_POSITION];
  return select(v, vec4f(v.x), B_SPLAT);
}

// Zero in the padding lanes: no quotient there, and nothing to be summed.
fn real_lanes(quad: u32, v: vec4f) -> vec4f {
  return select(vec4f(), v, vec4u(quad * 4) + vec4u(0, 1, 2, 3) < vec4u(CHANNELS));
}

// Eight positions an invocation: one word of the mask.
@compute @workgroup_size(64)
fn forward(@builtin(global_invocation_id) id: vec3u) {
  let words = (POSITIONS + 7) / 8;
  if (id.x >= words) {
    return;
  }
  var word = 0u;
  for (var p = id.x * 8; p < min(id.x * 8 + 8, POSITIONS); p++) {
    let left = read_a(id.z, id.y, p);
    let right = read_b(id.z, id.y, p);
    var v = left + right;
    if (OPERATION == MINUS) {
      v = left - right;
    } else if (OPERATION == TIMES) {
      v = left * right;
    } else if (OPERATION == OVER) {
      v = left / right;
    }
    v = real_lanes(id.y, v);
    y[id.z * Y_STRIDE + Y_OFFSET + id.y * POSITIONS + p] = activate(v);
    word |= mask_bits(v, p);
  }
  if (KEEP_MASK) {
    mask[id.z * MASK_STRIDE + id.y * words + id.x] = word;
  }
}

fn read_dy(n: u32, quad: u32, p: u32) -> vec4f {
  return real_lanes(quad, dy[n * DY_STRIDE + DY_OFFSET + quad * POSITIONS + p]);
}

// Each of the three sums over the positions and quads for which the operand is the same element: dy itself;
// dy times or over the other operand, bound as b; and the gradient of a divisor.
@compute @workgroup_size(64)
fn backward_sum(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= DX_POSITIONS) {
    return;
  }
  var g = vec4f();
  let sign = select(1.0, -1.0, OPERATION == MINUS);
  for (var quad = id.y; quad < (CHANNELS + 3) / 4; quad += DX_QUADS) {
    for (var p = id.x; p < POSITIONS; p += DX_POSITIONS) {
      g += sign * read_dy(id.z, quad, p);
    }
  }
  leave(id, g);
}

@compute @workgroup_size(64)
fn backward_factor(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= DX_POSITIONS) {
    return;
  }
  var g = vec4f();
  for (var quad = id.y; quad < (CHANNELS + 3) / 4; quad += DX_QUADS) {
    for (var p = id.x; p < POSITIONS; p += DX_POSITIONS) {
      let right = read_b(id.z, quad, p);
      if (OPERATION == TIMES) {
        g += read_dy(id.z, quad, p) * right;
      } else {
        g += real_lanes(quad, read_dy(id.z, quad, p) / right);
      }
    }
  }
  leave(id, g);
}

@compute @workgroup_size(64)
fn backward_divisor(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= DX_POSITIONS) {
    return;
  }
  var g = vec4f();
  for (var quad = id.y; quad < (CHANNELS + 3) / 4; quad += DX_QUADS) {
    for (var p = id.x; p < POSITIONS; p += DX_POSITIONS) {
      let left = read_a(id.z, quad, p);
      let right = read_b(id.z, quad, p);
      g += real_lanes(quad, -read_dy(id.z, quad, p) * left / (right * right));
    }
  }
  leave(id, g);
}

fn leave(id: vec3u, g: vec4f) {
  if (DX_SPLAT) {
    put_gradient(id.z, id.y, id.x, vec4f(dot(g, vec4f(1)), 0, 0, 0));
  } else {
    put_gradient(id.z, id.y, id.x, g);
  }
}
