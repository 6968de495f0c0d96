// Class activation maps of one layer with activations A [K, h, w] and the gradient g of the target with respect
// to them:
//   Grad-CAM (Selvaraju et al. 2017)   L = max(0, Σ_k mean(g_k) · A_k)
//   HiResCAM (Draelos & Carin 2020)    L = max(0, Σ_k g_k · A_k)
//   LayerCAM (Jiang et al. 2021)       L = max(0, Σ_k max(0, g_k) · A_k)
// and L brought to the size of the image by bilinear interpolation between pixel centers.
#import f32

struct Layer {
  channels: u32,
  height: u32,        // of the layer
  width: u32,
  a_offset: u32,
  a_stride: u32,
  g_offset: u32,
  g_stride: u32,
  by: u32,            // what weighs the channels: MEANS …
  image_height: u32,
  image_width: u32,
  image_offset: u32,
  image_stride: u32,
}

const MEANS = 0u;      // of each channel one
const GRADIENTS = 1u;  // place by place
const POSITIVE = 2u;   // the same, where they are above 0

@group(0) @binding(22) var<uniform> layer: Layer;

@group(0) @binding(0) var<storage, read> a: array<Stored>;              // [n][K/4][h·w]
@group(0) @binding(1) var<storage, read> g: array<Stored>;              // [n][K/4][h·w]
@group(0) @binding(2) var<storage, read_write> means: array<vec4f>;    // [n][K/4]
@group(0) @binding(3) var<storage, read> weights: array<vec4f>;        // [n][K/4]
@group(0) @binding(4) var<storage, read_write> heat: array<f32>;       // [n][h·w]
@group(0) @binding(5) var<storage, read> cold: array<f32>;             // the same, to be read
@group(0) @binding(6) var<storage, read_write> image: array<Stored>;    // [n][C/4][H·W]

fn quads() -> u32 {
  return (layer.channels + 3) / 4;
}

@compute @workgroup_size(64)
fn mean_gradient(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= quads()) {
    return;
  }
  let positions = layer.height * layer.width;
  var sum = vec4f();
  for (var p = 0u; p < positions; p++) {
    sum += loaded(g[id.z * layer.g_stride + layer.g_offset + id.x * positions + p]);
  }
  means[id.z * quads() + id.x] = sum * (1 / GRADIENT_SCALE) / f32(positions);
}

@compute @workgroup_size(64)
fn weigh(@builtin(global_invocation_id) id: vec3u) {
  let positions = layer.height * layer.width;
  if (id.x >= positions) {
    return;
  }
  var sum = 0.0;
  for (var quad = 0u; quad < quads(); quad++) {
    var w = weights[id.z * quads() + quad];
    if (layer.by != MEANS) {
      w = loaded(g[id.z * layer.g_stride + layer.g_offset + quad * positions + id.x]) * (1 / GRADIENT_SCALE);
    }
    if (layer.by == POSITIVE) {
      w = max(w, vec4f());
    }
    let v = w * loaded(a[id.z * layer.a_stride + layer.a_offset + quad * positions + id.x]);
    let real = vec4u(quad * 4) + vec4u(0, 1, 2, 3) < vec4u(layer.channels);
    sum += dot(select(vec4f(), v, real), vec4f(1));
  }
  heat[id.z * positions + id.x] = max(sum, 0.0);
}

// The value of the heat at a pixel of the image.
fn interpolated(n: u32, p: u32) -> f32 {
  let size = vec2f(f32(layer.width), f32(layer.height));
  let pixel = vec2f(f32(p % layer.image_width), f32(p / layer.image_width)) + 0.5;
  let place = max(pixel * size / vec2f(f32(layer.image_width), f32(layer.image_height)) - 0.5, vec2f());
  let low = min(vec2u(place), vec2u(layer.width - 1, layer.height - 1));
  let high = min(low + 1, vec2u(layer.width - 1, layer.height - 1));
  let part = place - vec2f(low);
  let start = n * layer.height * layer.width;
  let top = mix(cold[start + low.y * layer.width + low.x], cold[start + low.y * layer.width + high.x], part.x);
  let bottom = mix(cold[start + high.y * layer.width + low.x], cold[start + high.y * layer.width + high.x], part.x);
  return mix(top, bottom, part.y);
}

// The map itself, the same in every channel of the image.
@compute @workgroup_size(64)
fn enlarge(@builtin(global_invocation_id) id: vec3u) {
  let positions = layer.image_height * layer.image_width;
  if (id.x < positions) {
    let v = interpolated(id.z, id.x);
    let i = id.z * layer.image_stride + layer.image_offset + id.y * positions + id.x;
    image[i] = stored(vec4f(GRADIENT_SCALE * v));
  }
}

// Another map of the image, times this one.
@compute @workgroup_size(64)
fn multiply(@builtin(global_invocation_id) id: vec3u) {
  let positions = layer.image_height * layer.image_width;
  if (id.x < positions) {
    let v = interpolated(id.z, id.x);
    let i = id.z * layer.image_stride + layer.image_offset + id.y * positions + id.x;
    image[i] = stored(loaded(image[i]) * v);
  }
}
