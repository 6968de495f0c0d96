// a ∘ b for +, −, ·, /, max, min, a^b and PRelu of two tensors, and the gradient with respect to either. An operand may be
// smaller than the result: constant along the positions, along the channels, or both; its steps are then 0.
//
//   +  da = dy         db = dy
//   −  da = dy         db = −dy
//   ·  da = dy · b     db = dy · a
//   /  da = dy / b     db = −dy · a / b²
//   max, min           dy to the operand that won; a wins a tie
//   a^b                da = dy · b · a^(b−1)    db = dy · a^b · ln a
//   PRelu: a where positive, a · b elsewhere    da = dy or dy · b   db = 0 or dy · a
//
// each summed over what the operand does not vary along.
#import f32, activation, gradient

const PLUS = 0u;
const MINUS = 1u;
const TIMES = 2u;
const OVER = 3u;
const GREATER = 4u;
const LESSER = 5u;
const POWER = 6u;
const PARAMETRIC = 7u;

struct Layer {
  operation: u32,
  channels: u32,    // of the result
  positions: u32,
  a_offset: u32,
  a_stride: u32,    // from a sample to the next; 0 for a constant
  a_quad: u32,      // from a channel quad to the next
  a_position: u32,  // from a position to the next
  a_splat: u32,     // one channel stands for all
  b_offset: u32,
  b_stride: u32,
  b_quad: u32,
  b_position: u32,
  b_splat: u32,
  dy_offset: u32,
  dy_stride: u32,
  dx_quads: u32,    // of the operand whose gradient is made
  dx_splat: u32,    // it has one channel, the result several
  share: u32,       // what relevance counts as the operand's: a, b, or all of the result
  epsilon: f32,
  second: u32,      // it is b
  halved: u32,      // each factor takes half of what a product has
}

@group(0) @binding(22) var<uniform> layer: Layer;

@group(0) @binding(0) var<storage, read> a: array<Stored>;
@group(0) @binding(1) var<storage, read> b: array<Stored>;
@group(0) @binding(2) var<storage, read> dy: array<Stored>;

fn read_a(n: u32, quad: u32, p: u32) -> vec4f {
  let v = loaded(a[n * layer.a_stride + layer.a_offset + quad * layer.a_quad + p * layer.a_position]);
  return select(v, vec4f(v.x), layer.a_splat != 0);
}

fn read_b(n: u32, quad: u32, p: u32) -> vec4f {
  let v = loaded(b[n * layer.b_stride + layer.b_offset + quad * layer.b_quad + p * layer.b_position]);
  return select(v, vec4f(v.x), layer.b_splat != 0);
}

// Zero in the padding lanes: no quotient there, and nothing to be summed.
fn real_lanes(quad: u32, v: vec4f) -> vec4f {
  return select(vec4f(), v, vec4u(quad * 4) + vec4u(0, 1, 2, 3) < vec4u(layer.channels));
}

// a^b: exact for squares and roots; a negative a has a power only if b is whole.
fn power(a: vec4f, b: vec4f) -> vec4f {
  let whole = floor(b) == b;
  let odd = whole & (floor(b / 2) * 2 != b);
  var size = select(pow(abs(a), b), vec4f(1), b == vec4f());
  size = select(size, a * a, b == vec4f(2));
  size = select(size, sqrt(abs(a)), b == vec4f(0.5));
  let signed = select(size, -size, odd & (a < vec4f()));
  return select(signed, sqrt(a), (a < vec4f()) & !whole);
}

fn combine(left: vec4f, right: vec4f) -> vec4f {
  if (layer.operation == MINUS) {
    return left - right;
  } else if (layer.operation == TIMES) {
    return left * right;
  } else if (layer.operation == OVER) {
    return left / right;
  } else if (layer.operation == GREATER) {
    return max(left, right);
  } else if (layer.operation == LESSER) {
    return min(left, right);
  } else if (layer.operation == POWER) {
    return power(left, right);
  } else if (layer.operation == PARAMETRIC) {
    return select(left * right, left, left > vec4f());
  }
  return left + right;
}

// Four positions; the last one again where there are no more.
fn four_a(n: u32, quad: u32, p: u32) -> mat4x4f {
  let last = layer.positions - 1;
  return mat4x4f(read_a(n, quad, min(p, last)), read_a(n, quad, min(p + 1, last)),
    read_a(n, quad, min(p + 2, last)), read_a(n, quad, min(p + 3, last)));
}

fn four_b(n: u32, quad: u32, p: u32) -> mat4x4f {
  let last = layer.positions - 1;
  return mat4x4f(read_b(n, quad, min(p, last)), read_b(n, quad, min(p + 1, last)),
    read_b(n, quad, min(p + 2, last)), read_b(n, quad, min(p + 3, last)));
}

// Leaves what comes of four positions; gives their bits of the mask.
fn put_four(id: vec3u, p: u32, lefts: mat4x4f, rights: mat4x4f) -> u32 {
  var left = lefts;
  var right = rights;
  var word = 0u;
  for (var i = 0u; i < 4 && p + i < layer.positions; i++) {
    let v = real_lanes(id.y, combine(left[i], right[i]));
    y[id.z * out.stride + out.offset + id.y * layer.positions + p + i] = stored(activate(v));
    word |= mask_bits(v, p + i);
  }
  return word;
}

// Eight positions an invocation: one word of the mask. All are loaded before the first is left, so that what neighbors
// share of a cache line is still there.
@compute @workgroup_size(64)
fn forward(@builtin(global_invocation_id) id: vec3u) {
  let words = (layer.positions + 7) / 8;
  if (id.x >= words) {
    return;
  }
  let p = id.x * 8;
  let lefts = four_a(id.z, id.y, p);
  let more_lefts = four_a(id.z, id.y, p + 4);
  let rights = four_b(id.z, id.y, p);
  let more_rights = four_b(id.z, id.y, p + 4);
  var word = put_four(id, p, lefts, rights);
  word |= put_four(id, p + 4, more_lefts, more_rights);
  put_mask(id.z, id.y * words + id.x, word);
}

fn read_dy(n: u32, quad: u32, p: u32) -> vec4f {
  return real_lanes(quad, loaded(dy[n * layer.dy_stride + layer.dy_offset + quad * layer.positions + p]));
}

// Each of the three sums over the positions and quads for which the operand is the same element: dy itself;
// dy times or over the other operand, bound as b; and dy times a derivative that needs both.
@compute @workgroup_size(64)
fn backward_sum(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= back.positions) {
    return;
  }
  var g = vec4f();
  let sign = select(1.0, -1.0, layer.operation == MINUS);
  for (var quad = id.y; quad < (layer.channels + 3) / 4; quad += layer.dx_quads) {
    for (var p = id.x; p < layer.positions; p += back.positions) {
      g += sign * read_dy(id.z, quad, p);
    }
  }
  leave(id, g);
}

@compute @workgroup_size(64)
fn backward_factor(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= back.positions) {
    return;
  }
  var g = vec4f();
  for (var quad = id.y; quad < (layer.channels + 3) / 4; quad += layer.dx_quads) {
    for (var p = id.x; p < layer.positions; p += back.positions) {
      let right = read_b(id.z, quad, p);
      if (layer.operation == TIMES) {
        g += read_dy(id.z, quad, p) * right;
      } else {
        g += real_lanes(quad, read_dy(id.z, quad, p) / right);
      }
    }
  }
  leave(id, g);
}

// Derivative of the result with respect to a or, where that is asked, b.
fn partial(a: vec4f, b: vec4f) -> vec4f {
  let second = layer.second != 0;
  let zero = vec4f();
  let one = vec4f(1);
  if (layer.operation == OVER) {
    return -a / (b * b);
  } else if (layer.operation == GREATER) {
    return select(zero, one, (a >= b) != vec4<bool>(second));
  } else if (layer.operation == LESSER) {
    return select(zero, one, (a <= b) != vec4<bool>(second));
  } else if (layer.operation == POWER && second) {
    return power(a, b) * log(max(a, vec4f(0x1p-126)));
  } else if (layer.operation == POWER) {
    return select(b * power(a, b - 1), zero, b == zero);
  } else if (second) {
    return select(a, zero, a > zero);
  }
  return select(b, one, a > zero);
}

@compute @workgroup_size(64)
fn backward_both(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= back.positions) {
    return;
  }
  var g = vec4f();
  for (var quad = id.y; quad < (layer.channels + 3) / 4; quad += layer.dx_quads) {
    for (var p = id.x; p < layer.positions; p += back.positions) {
      let left = read_a(id.z, quad, p);
      let right = read_b(id.z, quad, p);
      g += real_lanes(quad, read_dy(id.z, quad, p) * partial(left, right));
    }
  }
  leave(id, g);
}

const SHARE_A = 0u;
const SHARE_B = 1u;

// Relevance (dy) by share: dx = own · R / stab(z), stab(z) = z + ε · sign z, where a sum z = a ± b is shared by
// its terms, and a product with a constant is all its own.
@compute @workgroup_size(64)
fn backward_share(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= back.positions) {
    return;
  }
  var g = vec4f();
  for (var quad = id.y; quad < (layer.channels + 3) / 4; quad += layer.dx_quads) {
    for (var p = id.x; p < layer.positions; p += back.positions) {
      let left = read_a(id.z, quad, p);
      let right = select(read_b(id.z, quad, p), -read_b(id.z, quad, p), layer.operation == MINUS);
      var z = left + right;
      if (layer.operation == TIMES) {
        z = left * right;
      } else if (layer.operation == OVER) {
        z = left / right;
      }
      var own = z;
      if (layer.share == SHARE_A) {
        own = left;
      } else if (layer.share == SHARE_B) {
        own = right;
      }
      let stable = z + select(vec4f(-layer.epsilon), vec4f(layer.epsilon), z >= vec4f());
      g += real_lanes(quad, own * read_dy(id.z, quad, p) / stable);
    }
  }
  leave(id, g);
}

fn leave(id: vec3u, sum: vec4f) {
  let g = select(1.0, 0.5, layer.halved != 0) * sum;
  if (layer.dx_splat != 0) {
    put_gradient(id.z, id.y, id.x, vec4f(dot(g, vec4f(1)), 0, 0, 0));
  } else {
    put_gradient(id.z, id.y, id.x, g);
  }
}
