// A convolution of one channel as a product of matrices. Its input would leave three of four lanes empty, so im2col first
// makes the taps that a pixel of the result sees its channels. Between the two kernels here is a 1 × 1 convolution (conv.wgsl).
//
//   seen[k, i] = x[i · S + k · D − P]                 k counts taps, as channels
//   dx[j] = Σ_k d seen[k, (j + P − k · D) / S]        over the taps k that divide
#import f32, gradient

struct Layer {
  kernel_y: u32,
  kernel_x: u32,
  stride_y: u32,
  stride_x: u32,
  dilation_y: u32,
  dilation_x: u32,
  pad_y: u32,
  pad_x: u32,
  in_height: u32,
  in_width: u32,
  out_height: u32,
  out_width: u32,
  x_offset: u32,    // vec4s from the start of a sample to the first of x
  x_stride: u32,    // vec4s from a sample of x to the next
}

@group(0) @binding(22) var<uniform> layer: Layer;

@group(0) @binding(0) var<storage, read> x: array<Word>;                // [n][in_height][in_width][4], of which one counts
@group(0) @binding(1) var<storage, read_write> seen: array<Stored>;     // [n][taps/4][out_height][out_width]
@group(0) @binding(2) var<storage, read> seen_back: array<Word>;        // its gradient, lane by lane

fn tap_quads() -> u32 {
  return (layer.kernel_y * layer.kernel_x + 3) / 4;
}

// All taps of a pixel.
@compute @workgroup_size(64)
fn spread(@builtin(global_invocation_id) id: vec3u) {
  let positions = layer.out_height * layer.out_width;
  if (id.x >= positions) {
    return;
  }
  let start = id.z * layer.x_stride + layer.x_offset;
  let top = i32(id.x / layer.out_width * layer.stride_y) - i32(layer.pad_y);
  let left = i32(id.x % layer.out_width * layer.stride_x) - i32(layer.pad_x);
  var to = id.z * tap_quads() * positions + id.x;
  var four = vec4f();
  var lane = 0u;
  for (var ky = 0u; ky < layer.kernel_y; ky++) {
    let row = top + i32(ky * layer.dilation_y);
    for (var kx = 0u; kx < layer.kernel_x; kx++) {
      let column = left + i32(kx * layer.dilation_x);
      let inside = u32(row) < layer.in_height && u32(column) < layer.in_width;
      let at = 4 * (start + u32(row) * layer.in_width + u32(column));
      let v = select(0.0, loaded_element(x[at / PER_WORD], at), inside);
      four = vec4f(four.yzw, v);
      lane++;
      if (lane == 4) {
        seen[to] = stored(four);
        to += positions;
        lane = 0u;
      }
    }
  }
  if (lane > 0) {
    for (; lane < 4; lane++) {
      four = vec4f(four.yzw, 0);
    }
    seen[to] = stored(four);
  }
}

@compute @workgroup_size(64)
fn gather(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= layer.in_height * layer.in_width) {
    return;
  }
  let positions = layer.out_height * layer.out_width;
  let start = id.z * tap_quads() * positions;
  let row = i32(id.x / layer.in_width + layer.pad_y);
  let column = i32(id.x % layer.in_width + layer.pad_x);
  var sum = 0.0;
  for (var ky = 0u; ky < layer.kernel_y; ky++) {
    let down = row - i32(ky * layer.dilation_y);
    let i = down / i32(layer.stride_y);
    if (down < 0 || i >= i32(layer.out_height) || i * i32(layer.stride_y) != down) {
      continue;
    }
    for (var kx = 0u; kx < layer.kernel_x; kx++) {
      let across = column - i32(kx * layer.dilation_x);
      let j = across / i32(layer.stride_x);
      let inside = across >= 0 && j < i32(layer.out_width) && j * i32(layer.stride_x) == across;
      let k = ky * layer.kernel_x + kx;
      let at = 4 * (start + k / 4 * positions + u32(i) * layer.out_width + u32(j)) + k % 4;
      sum += select(0.0, loaded_element(seen_back[at / PER_WORD], at), inside);
    }
  }
  put_gradient(id.z, 0, id.x, vec4f(sum, 0, 0, 0));
}
