// Smooth functions of one element, and some that jump. The forward pass leaves the derivative, which is all that
// the backward pass multiplies by:
//
//   y = f(x)      dx = f'(x) · dy
//
// or, where relevance passes a function unchanged (Achtibat et al. 2024), dx = y / (x + 1e-10) · dy.
#import f32, activation, gradient

const FUNCTION = 0u;  // one of these:
const ABS = 0u;
const ACOS = 1u;
const ACOSH = 2u;
const ASIN = 3u;
const ASINH = 4u;
const ATAN = 5u;
const ATANH = 6u;
const CEIL = 7u;
const CELU = 8u;
const COS = 9u;
const COSH = 10u;
const ELU = 11u;
const ERF = 12u;
const EXP = 13u;
const FLOOR = 14u;
const GELU = 15u;
const GELU_TANH = 16u;
const HARD_SIGMOID = 17u;
const HARD_SWISH = 18u;
const LOG = 19u;
const MISH = 20u;
const RECIPROCAL = 21u;
const ROUND = 22u;
const SELU = 23u;
const SHRINK = 24u;
const SIGMOID = 25u;
const SIGN = 26u;
const SIN = 27u;
const SINH = 28u;
const SOFTPLUS = 29u;
const SOFTSIGN = 30u;
const SQRT = 31u;
const SWISH = 32u;
const TAN = 33u;
const TANH = 34u;
const THRESHOLDED_RELU = 35u;

struct Layer {
  channels: u32,
  positions: u32,
  x_offset: u32,    // of x; of dy, backward
  x_stride: u32,
  keep_slope: u32,
  alpha: f32,       // what the function's first and second attribute is
  beta: f32,
  dy_offset: u32,   // of backward_identity
  dy_stride: u32,
  after_offset: u32,
  after_stride: u32,
}

@group(0) @binding(22) var<uniform> layer: Layer;

@group(0) @binding(0) var<storage, read> x: array<Stored>;
@group(0) @binding(1) var<storage, read> dy: array<Stored>;
@group(0) @binding(2) var<storage, read_write> slope: array<Stored>;  // [n][C/4][P]: f'(x)
@group(0) @binding(3) var<storage, read> slopes: array<Stored>;
@group(0) @binding(4) var<storage, read> after: array<Stored>;          // y

struct Curve {
  f: vec4f,
  d: vec4f,  // derivative
}

// 1 / (1 + e^−x) without overflow on either side.
fn sigmoid(x: vec4f) -> vec4f {
  let e = exp(-abs(x));
  return select(e, vec4f(1), x >= vec4f()) / (1 + e);
}

// 1 − tanh² x.
fn tanh_slope(x: vec4f) -> vec4f {
  let s = sigmoid(-2 * abs(x));
  return 4 * s * (1 - s);
}

fn steady_tanh(x: vec4f) -> vec4f {
  return tanh(clamp(x, vec4f(-15), vec4f(15)));
}

// 2/√π ∫ e^−t² up to x, to the last bit or two: a polynomial near 0, 1 − e^(a polynomial) farther out.
fn erf(x: vec4f) -> vec4f {
  let t = abs(x);
  let s = x * x;
  var near = -5.96761703e-4 * s + 4.99119423e-3;
  near = near * s - 2.67681349e-2;
  near = near * s + 1.12819925e-1;
  near = near * s - 3.76125336e-1;
  near = near * s + 1.28379166e-1;
  near = near * x + x;
  var far = -1.72853470e-5 * t + 3.83197126e-4;
  far = far * s + (-3.88396438e-3 * t + 2.42546219e-2);
  far = far * t - 1.06777877e-1;
  far = far * t - 6.34846687e-1;
  far = far * t - 1.28717512e-1;
  far = far * t - t;
  return select(near, sign(x) * (1 - exp(far)), t > vec4f(0.927734375));
}

// sin(x + turns · π/2). WGSL's own need only be good to 2⁻¹¹; this is Cephes's: the nearest multiple of π/2 is
// taken off in two parts, and what is left goes through the polynomial of sin or cos.
fn sine(x: vec4f, turns: i32) -> vec4f {
  let k = round(x * 0.6366197724);
  let r = (x - k * 1.5707964) + k * 4.3711388e-8;
  let s = r * r;
  let odd = r + r * s * ((-1.9515295891e-4 * s + 8.3321608736e-3) * s - 1.6666654611e-1);
  let even = 1 - 0.5 * s +
    s * s * ((2.443315711809948e-5 * s - 1.388731625493765e-3) * s + 4.166664568298827e-2);
  let quarter = vec4i(k) + turns;
  let v = select(odd, even, (quarter & vec4i(1)) != vec4i());
  return select(v, -v, (quarter & vec4i(2)) != vec4i());
}

const ROOT_2_OVER_PI = 0.7978845608;

fn curve(x: vec4f) -> Curve {
  let a = vec4f(layer.alpha);
  let b = vec4f(layer.beta);
  let zero = vec4f();
  let one = vec4f(1);
  let positive = x > zero;
  switch FUNCTION {
    case ABS: {
      return Curve(abs(x), sign(x));
    }
    case ACOS: {
      return Curve(acos(x), -inverseSqrt(1 - x * x));
    }
    case ACOSH: {
      return Curve(acosh(x), inverseSqrt(x * x - 1));
    }
    case ASIN: {
      return Curve(asin(x), inverseSqrt(1 - x * x));
    }
    case ASINH: {
      return Curve(asinh(x), inverseSqrt(x * x + 1));
    }
    case ATAN: {
      return Curve(atan(x), 1 / (1 + x * x));
    }
    case ATANH: {
      return Curve(atanh(x), 1 / (1 - x * x));
    }
    case CEIL: {
      return Curve(ceil(x), zero);
    }
    case CELU: {  // x where positive, α (e^(x/α) − 1) elsewhere
      let e = exp(min(x, zero) / a);
      return Curve(select(a * (e - 1), x, positive), select(e, one, positive));
    }
    case COS: {
      return Curve(sine(x, 1), -sine(x, 0));
    }
    case COSH: {
      return Curve(cosh(x), sinh(x));
    }
    case ELU: {  // x where positive, α (e^x − 1) elsewhere
      let e = exp(min(x, zero));
      return Curve(select(a * (e - 1), x, positive), select(a * e, one, positive));
    }
    case ERF: {
      return Curve(erf(x), 1.1283791671 * exp(-x * x));
    }
    case EXP: {
      return Curve(exp(x), exp(x));
    }
    case FLOOR: {
      return Curve(floor(x), zero);
    }
    case GELU: {  // x Φ(x), with the normal distribution Φ = (1 + erf(x / √2)) / 2
      let area = 0.5 + 0.5 * erf(x * 0.7071067812);
      return Curve(x * area, area + x * 0.3989422804 * exp(-0.5 * x * x));
    }
    case GELU_TANH: {  // x (1 + tanh u) / 2 with u = √(2/π) (x + 0.044715 x³)
      let u = ROOT_2_OVER_PI * (x + 0.044715 * x * x * x);
      let area = 0.5 + 0.5 * steady_tanh(u);
      let du = ROOT_2_OVER_PI * (1 + 0.134145 * x * x);
      return Curve(x * area, area + 0.5 * x * tanh_slope(u) * du);
    }
    case HARD_SIGMOID: {  // α x + β within 0 … 1
      let v = a * x + b;
      return Curve(clamp(v, zero, one), select(zero, a, (v > zero) & (v < one)));
    }
    case HARD_SWISH: {  // x times (x/6 + 1/2 within 0 … 1)
      let v = x / 6 + 0.5;
      let f = x * clamp(v, zero, one);
      return Curve(f, select(select(x / 3 + 0.5, one, v >= one), zero, v <= zero));
    }
    case LOG: {
      return Curve(log(x), 1 / x);
    }
    case MISH: {  // x tanh(ln(1 + e^x))
      let s = max(x, zero) + log(1 + exp(-abs(x)));
      return Curve(x * steady_tanh(s), steady_tanh(s) + x * tanh_slope(s) * sigmoid(x));
    }
    case RECIPROCAL: {
      return Curve(1 / x, -1 / (x * x));
    }
    case ROUND: {  // halves to the even number
      return Curve(round(x), zero);
    }
    case SELU: {  // γ times Elu
      let e = exp(min(x, zero));
      return Curve(b * select(a * (e - 1), x, positive), b * select(a * e, one, positive));
    }
    case SHRINK: {  // x + β below −λ, x − β above λ, 0 between
      let outside = abs(x) > a;
      return Curve(select(zero, x - sign(x) * b, outside), select(zero, one, outside));
    }
    case SIGMOID: {
      return Curve(sigmoid(x), sigmoid(x) * sigmoid(-x));
    }
    case SIGN: {
      return Curve(sign(x), zero);
    }
    case SIN: {
      return Curve(sine(x, 0), sine(x, 1));
    }
    case SINH: {
      return Curve(sinh(x), cosh(x));
    }
    case SOFTPLUS: {  // ln(1 + e^x)
      return Curve(max(x, zero) + log(1 + exp(-abs(x))), sigmoid(x));
    }
    case SOFTSIGN: {  // x / (1 + |x|)
      let s = 1 / (1 + abs(x));
      return Curve(x * s, s * s);
    }
    case SQRT: {
      return Curve(sqrt(x), select(zero, 0.5 * inverseSqrt(x), positive));
    }
    case SWISH: {  // x σ(α x); SiLU where α is 1
      let s = sigmoid(a * x);
      return Curve(x * s, s + a * x * s * sigmoid(-a * x));
    }
    case TAN: {
      return Curve(sine(x, 0) / sine(x, 1), 1 / (sine(x, 1) * sine(x, 1)));
    }
    case TANH: {
      return Curve(steady_tanh(x), tanh_slope(x));
    }
    case THRESHOLDED_RELU: {  // x above α, 0 elsewhere
      return Curve(select(zero, x, x > a), select(zero, one, x > a));
    }
    default: {
      return Curve(x, one);
    }
  }
}

const HIGHEST = vec4f(0x1.fffffep+127);

@compute @workgroup_size(64)
fn forward(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= layer.positions) {
    return;
  }
  let i = id.y * layer.positions + id.x;
  let real = vec4u(id.y * 4) + vec4u(0, 1, 2, 3) < vec4u(layer.channels);
  let c = curve(loaded(x[id.z * layer.x_stride + layer.x_offset + i]));
  y[id.z * out.stride + out.offset + i] = stored(select(vec4f(), c.f, real));
  if (layer.keep_slope != 0) {
    let size = (layer.channels + 3) / 4 * layer.positions;
    slope[id.z * size + i] = stored(select(vec4f(), clamp(c.d, -HIGHEST, HIGHEST), real));
  }
}

@compute @workgroup_size(64)
fn backward(@builtin(global_invocation_id) id: vec3u) {
  if (id.x < layer.positions) {
    let i = id.y * layer.positions + id.x;
    let size = (layer.channels + 3) / 4 * layer.positions;
    let d = loaded(slopes[id.z * size + i]);
    put_gradient(id.z, id.y, id.x, d * loaded(dy[id.z * layer.x_stride + layer.x_offset + i]));
  }
}

@compute @workgroup_size(64)
fn backward_identity(@builtin(global_invocation_id) id: vec3u) {
  if (id.x < layer.positions) {
    let i = id.y * layer.positions + id.x;
    let quotient = loaded(after[id.z * layer.after_stride + layer.after_offset + i]) /
      (loaded(x[id.z * layer.x_stride + layer.x_offset + i]) + 1e-10);
    put_gradient(id.z, id.y, id.x, quotient * loaded(dy[id.z * layer.dy_stride + layer.dy_offset + i]));
  }
}
