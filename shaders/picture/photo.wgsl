// A photo, resampled.
//
// color(center) = Σ w(x) w(y) photo(x, y) / Σ w(x) w(y),  w(x) = max(0, 1 − |x + ½ − center| / r)
//
// over the pixels inside the photo, where r = max(1, photo pixels per output pixel), for each axis:
// bilinear where the photo is magnified, a triangle as wide as the reduction where it is reduced:
// what PIL calls BILINEAR and torchvision antialias. Alpha is laid on white.

// Zero outside the photo.
fn photo_color(photo: texture_2d<f32>, center: vec2f, ratio: vec2f) -> vec3f {
  let size = vec2f(textureDimensions(photo));
  if (any(center < vec2f()) || any(center > size)) {
    return vec3f();
  }
  let reach = max(ratio, vec2f(1));
  let first = vec2i(max(floor(center - reach + 0.5), vec2f()));
  let end = vec2i(min(floor(center + reach + 0.5), size));
  var sum = vec4f();
  var total = 0.0;
  for (var y = first.y; y < end.y; y++) {
    let weight_y = max(0, 1 - abs(f32(y) + 0.5 - center.y) / reach.y);
    for (var x = first.x; x < end.x; x++) {
      let weight = weight_y * max(0, 1 - abs(f32(x) + 0.5 - center.x) / reach.x);
      sum += weight * textureLoad(photo, vec2i(x, y), 0);
      total += weight;
    }
  }
  let color = sum / total;
  return color.rgb + (1 - color.a);
}

// Photo pixels per pixel of the output, along each axis of the photo.
fn photo_ratio(place: mat3x3f) -> vec2f {
  return vec2f(length(vec2f(place[0].x, place[1].x)), length(vec2f(place[0].y, place[1].y)));
}
