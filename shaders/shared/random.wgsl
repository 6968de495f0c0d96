// Random numbers that depend on nothing but their place: Philox4x32-10 (Salmon et al., SC 2011), and normals
// from it by Box–Muller. The counter says which number is wanted, so any sample of any pixel can be made by
// any invocation, in any order, on any device.

// The high and the low word of a · b.
fn multiply_wide(a: u32, b: u32) -> vec2u {
  let a0 = a & 0xffff;
  let a1 = a >> 16;
  let b0 = b & 0xffff;
  let b1 = b >> 16;
  let middle = a1 * b0 + ((a0 * b0) >> 16);
  let carry = a0 * b1 + (middle & 0xffff);
  return vec2u(a1 * b1 + (middle >> 16) + (carry >> 16), a * b);
}

fn philox(counter: vec4u, seed: vec2u) -> vec4u {
  var c = counter;
  var k = seed;
  for (var round = 0; round < 10; round++) {
    let p = multiply_wide(0xd2511f53, c.x);
    let q = multiply_wide(0xcd9e8d57, c.z);
    c = vec4u(q.x ^ c.y ^ k.x, q.y, p.x ^ c.w ^ k.y, p.y);
    k += vec2u(0x9e3779b9, 0xbb67ae85);
  }
  return c;
}

// (cos 2πu, sin 2πu) from polynomials: the built-in ones may be off by 2⁻¹¹, differently on each device.
fn turn(u: f32) -> vec2f {
  let quarter = floor(4 * u + 0.5);
  let t = (4 * u - quarter) * 1.57079633;  // −π/4 … π/4
  let t2 = t * t;
  let s = t * (1 + t2 * (-1.66666667e-1 + t2 * (8.33333333e-3 + t2 * (-1.98412698e-4 + t2 * 2.75573192e-6))));
  let c = 1 + t2 * (-0.5 + t2 * (4.16666667e-2 + t2 * (-1.38888889e-3 + t2 * 2.48015873e-5)));
  switch u32(quarter) & 3 {
    case 0: { return vec2f(c, s); }
    case 1: { return vec2f(-s, c); }
    case 2: { return vec2f(-c, -s); }
    default: { return vec2f(s, -c); }
  }
}

// Four independent standard normals from four words; u = (w + ½) · 2⁻³².
fn normals(w: vec4u) -> vec4f {
  let u = (vec4f(w) + 0.5) * 2.3283064365386963e-10;
  return vec4f(sqrt(-2 * log(u.x)) * turn(u.y), sqrt(-2 * log(u.z)) * turn(u.w));
}
