// Convolution as its formula says, an element of the result an invocation. Read this one first: the other kernels of this
// folder make the same, of quads and in tiles, and a test holds each of them against it. Nobody else launches it. Tensors
// lie as in ONNX, x as [N][C][H][W] and w as [O][C / groups][KY][KX].
//
//   forward   y[o, i] = b[o] + Σ_c Σ_k w[o, c, k] · x[c, i · S + k · D − P]
//   backward  dx[c, j] = Σ_o Σ_k w[o, c, k] · dy[o, (j + P − k · D) / S]   over the taps k that divide

struct Layer {
  kernel: vec2i,  // rows, columns
  stride: vec2i,
  dilation: vec2i,
  pad: vec2i,     // above, on the left
  input: vec2i,   // rows and columns of x
  output: vec2i,  // of y
  channels: i32,  // of x
  outputs: i32,   // channels of y
  groups: i32,
}

@group(0) @binding(0) var<uniform> layer: Layer;
@group(0) @binding(1) var<storage, read> w: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;            // [O]
@group(0) @binding(3) var<storage, read> source: array<f32>;       // x; backward dy
@group(0) @binding(4) var<storage, read_write> result: array<f32>; // y; backward dx

// The element of `source` in a plane of `size`; 0 outside.
fn element(plane: i32, place: vec2i, size: vec2i) -> f32 {
  let is_inside = all(place >= vec2i()) && all(place < size);
  return select(0, source[(plane * size.x + place.x) * size.y + place.y], is_inside);
}

fn weight(o: i32, c: i32, k: vec2i) -> f32 {
  return w[((o * (layer.channels / layer.groups) + c) * layer.kernel.x + k.x) * layer.kernel.y + k.y];
}

@compute @workgroup_size(64)
fn forward(@builtin(global_invocation_id) id: vec3u) {
  let plane = i32(id.x) / (layer.output.x * layer.output.y);
  let i = vec2i(i32(id.x) / layer.output.y % layer.output.x, i32(id.x) % layer.output.y);
  let o = plane % layer.outputs;
  let channels = layer.channels / layer.groups;
  let first = plane / layer.outputs * layer.channels + o / (layer.outputs / layer.groups) * channels;
  var sum = b[o];
  for (var c = 0; c < channels; c++) {
    for (var k = vec2i(); k.x < layer.kernel.x; k.x++) {
      for (k.y = 0; k.y < layer.kernel.y; k.y++) {
        let place = i * layer.stride + k * layer.dilation - layer.pad;
        sum += weight(o, c, k) * element(first + c, place, layer.input);
      }
    }
  }
  if (id.x < arrayLength(&result)) {
    result[id.x] = sum;
  }
}

@compute @workgroup_size(64)
fn backward(@builtin(global_invocation_id) id: vec3u) {
  let plane = i32(id.x) / (layer.input.x * layer.input.y);
  let j = vec2i(i32(id.x) / layer.input.y % layer.input.x, i32(id.x) % layer.input.y);
  let channels = layer.channels / layer.groups;
  let outputs = layer.outputs / layer.groups;
  let c = plane % layer.channels;
  var sum = 0.0;
  for (var o = c / channels * outputs; o < (c / channels + 1) * outputs; o++) {
    for (var k = vec2i(); k.x < layer.kernel.x; k.x++) {
      for (k.y = 0; k.y < layer.kernel.y; k.y++) {
        let reach = j + layer.pad - k * layer.dilation;
        if (all(reach % layer.stride == vec2i())) {
          let of_sample = plane / layer.channels * layer.outputs;
          sum += weight(o, c % channels, k) * element(of_sample + o, reach / layer.stride, layer.output);
        }
      }
    }
  }
  if (id.x < arrayLength(&result)) {
    result[id.x] = sum;
  }
}
