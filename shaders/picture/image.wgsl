// A photo becomes the input of a network: one invocation per pixel of the tensor.
//
// x[c] = matrix[c] · round(255 · color) + shift[c],  color = the photo at place · (x + ½, y + ½, 1)
//
// The color is rounded to 8 bits, as PIL does when it resizes.
#import photo

struct Settings {
  place: mat3x3f,   // pixels of the tensor → pixels of the photo
  matrix: mat3x3f,  // red, green, blue from 0 to 255 → channels
  shift: vec3f,
  width: f32,       // of the tensor
}

@group(0) @binding(0) var photo: texture_2d<f32>;                     // premultiplied alpha
@group(0) @binding(1) var<storage, read_write> tensor: array<vec4f>; // [1][H][W], C ≤ 3
@group(0) @binding(2) var<uniform> settings: Settings;

@compute @workgroup_size(64)
fn image(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x;
  if (i >= arrayLength(&tensor)) {
    return;
  }
  let width = u32(settings.width);
  let pixel = vec2f(vec2u(i % width, i / width)) + 0.5;
  let center = (settings.place * vec3f(pixel, 1)).xy;
  let color = photo_color(photo, center, photo_ratio(settings.place));
  let bytes = floor(color * 255 + 0.5);
  tensor[i] = vec4f(settings.matrix * bytes + settings.shift, 0);
}
