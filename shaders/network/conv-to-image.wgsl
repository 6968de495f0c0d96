// The gradient of a convolution with respect to an input of one quad of channels, which is the image's:
//
//   dx[j] = Σ_k Σ_o W[o, k]ᵀ · dy[o, (j + P − k) / S]   over the taps k that divide
//
// Each loaded pixel contributes to one quad only, so loads are what this costs. An invocation makes 4 · FOURS neighbors of a
// row and keeps a window over the pixels that they read; from tap to tap it slides by one, and one new pixel is loaded.
// The pixels j of equal j mod S (a phase) see the same taps, so that a phase looks like a picture with stride 1.
#import f32, gradient, strip, taps

const WORKGROUP = 64u;

struct Layer {
  kernel_y: u32,
  kernel_x: u32,
  stride_y: u32,
  stride_x: u32,
  dilation_y: u32,
  pad_y: u32,
  pad_x: u32,
  in_height: u32,    // of dx
  in_width: u32,
  out_height: u32,   // of dy
  out_width: u32,
  out_quads: u32,
  tiles_x: u32,      // tiles in a row of a phase
  x_offset: u32,     // vec4s from the start of a sample to the first of dy
  x_stride: u32,     // vec4s from a sample to the next
}

@group(0) @binding(22) var<uniform> layer: Layer;

@group(0) @binding(0) var<storage, read> x: array<Stored>;    // dy: [n][O/4][out_height][out_width]
@group(0) @binding(1) var<storage, read> w: array<StoredMatrix>;  // [O/4][k][4 × 4]

var<private> window: Strip;

fn pixel(line: u32, column: i32) -> vec4f {
  return select(vec4f(), loaded(x[line + u32(column)]), u32(column) < layer.out_width);
}

fn four(line: u32, c: i32) -> mat4x4f {
  return mat4x4f(pixel(line, c), pixel(line, c + 1), pixel(line, c + 2), pixel(line, c + 3));
}

// Moves the window by a pixel, `next` coming in.
fn slide(next: vec4f) {
  if (FOURS == 2) {
    window.a = mat4x4f(window.a[1], window.a[2], window.a[3], window.b[0]);
    window.b = mat4x4f(window.b[1], window.b[2], window.b[3], next);
  } else {
    window.a = mat4x4f(window.a[1], window.a[2], window.a[3], window.b[0]);
    window.b = mat4x4f(window.b[1], window.b[2], window.b[3], window.c[0]);
    window.c = mat4x4f(window.c[1], window.c[2], window.c[3], window.d[0]);
    window.d = mat4x4f(window.d[1], window.d[2], window.d[3], next);
  }
}

@compute @workgroup_size(WORKGROUP)
fn backward(@builtin(global_invocation_id) id: vec3u) {
  let rows = (layer.in_height + layer.stride_y - 1) / layer.stride_y;
  let phase = id.x / (rows * layer.tiles_x);
  if (phase >= layer.stride_y * layer.stride_x) {
    return;
  }
  let phase_y = phase / layer.stride_x;
  let phase_x = phase % layer.stride_x;
  let row = id.x / layer.tiles_x % rows;
  let column = id.x % layer.tiles_x * 4 * FOURS;
  let ty = taps_by_place(phase_y, layer.kernel_y, layer.stride_y, layer.dilation_y, layer.pad_y);
  let tx = taps_by_place(phase_x, layer.kernel_x, layer.stride_x, 1, layer.pad_x);
  let start = id.z * layer.x_stride + layer.x_offset;
  let c = i32(column) + tx.shift;
  for (var i = 0u; i < ty.count; i++) {
    let seen = i32(row) + ty.shift + i32(i) * ty.shift_step;
    if (seen < 0 || seen >= i32(layer.out_height)) {
      continue;
    }
    let tap = (i32(ty.first) + i32(i) * ty.step) * i32(layer.kernel_x) + i32(tx.first);
    for (var o = 0u; o < layer.out_quads; o++) {
      let line = start + (o * layer.out_height + u32(seen)) * layer.out_width;
      window.a = four(line, c);
      window.b = four(line, c + 4);
      if (FOURS > 2) {
        window.c = four(line, c + 8);
        window.d = four(line, c + 12);
      }
      var k = i32(o * layer.kernel_y * layer.kernel_x) + tap;
      for (var j = 0u; j < tx.count; j++) {
        add_product(&sums0, transpose(loaded_matrix(w[k])), window);
        slide(pixel(line, c + i32(4 * FOURS + j)));
        k += tx.step;
      }
    }
  }
  let to_row = row * layer.stride_y + phase_y;
  var strip = array(sums0.a, sums0.b, sums0.c, sums0.d);
  for (var s = 0u; s < 4 * FOURS; s++) {
    let to_column = (column + s) * layer.stride_x + phase_x;
    if (to_row < layer.in_height && to_column < layer.in_width) {
      put_gradient(id.z, 0, to_row * layer.in_width + to_column, strip[s / 4][s % 4]);
    }
  }
}
