// A map on a canvas: one fragment per canvas pixel. Needs photo.wgsl.
//
// `backdrop` resamples the photo for the canvas; it is kept while only the map's look changes. `paint` then
// finds the color of the score:
//
// t = (score − low) / (high − low), clipped to [0, 1];  where low = high, below them 0, above them 1, and
// the palette's zero on them, so that a flat map paints as zero.
//
// Over a photo, with the strength t of the map (|2t − 1| in a diverging palette):
//   fade   mix(photo, palette(t), opacity · strength)
//   blend  mix(photo, palette(t), opacity)
//   mask   photo · mix(1, strength, opacity)

struct Settings {
  to_map: mat3x3f, // pixels of the canvas → pixels of the map
  to_photo: mat3x3f, // pixels of the canvas → pixels of the photo
  size: vec2f, // width and height of the map
  palette: f32, // row of the table
  zero: f32, // where in the palette zero lies: 0, or 0.5 in a diverging palette
  overlay: f32,
  opacity: f32,
  smooth_scores: f32, // 1: interpolate between scores
}

const NONE = 0;
const FADE = 1;
const BLEND = 2;

@group(0) @binding(0) var<storage, read> scores: array<f32>; // [H, W]
@group(0) @binding(1) var<storage, read> ends: vec2f; // low, high
@group(0) @binding(2) var<storage, read> palette: array<u32>; // 256 RGBA colors for each palette
@group(0) @binding(3) var<uniform> settings: Settings;
@group(0) @binding(4) var behind: texture_2d<f32>; // the backdrop, of the canvas' size; alpha 0 beside the photo
@group(0) @binding(5) var photo: texture_2d<f32>; // premultiplied alpha

// One triangle that covers the canvas.
@vertex
fn corners(@builtin(vertex_index) i: u32) -> @builtin(position) vec4f {
  return vec4f(f32(i & 1) * 4 - 1, f32(i >> 1) * 4 - 1, 0, 1);
}

@fragment
fn backdrop(@builtin(position) pixel: vec4f) -> @location(0) vec4f {
  let center = (settings.to_photo * vec3f(pixel.xy, 1)).xy;
  let size = vec2f(textureDimensions(photo));
  if (any(center < vec2f()) || any(center >= size)) {
    return vec4f();
  }
  return vec4f(photo_color(photo, center, photo_ratio(settings.to_photo)), 1);
}

@fragment
fn paint(@builtin(position) pixel: vec4f) -> @location(0) vec4f {
  let place = (settings.to_map * vec3f(pixel.xy, 1)).xy;
  let inside = all(place >= vec2f()) && all(place < settings.size);
  if (settings.overlay == NONE) {
    return select(vec4f(), vec4f(color(position(score(place))), 1), inside);
  }
  let back = textureLoad(behind, vec2u(pixel.xy), 0);
  if (!inside) {
    return vec4f(back.rgb * UNSEEN, back.a);
  }
  return vec4f(laid_over(back.rgb, position(score(place))), 1);
}

// The part of the photo that the network does not see is dimmed.
const UNSEEN = 0.4;

fn laid_over(back: vec3f, t: f32) -> vec3f {
  let strength = abs(t - settings.zero) / (1 - settings.zero);
  if (settings.overlay == FADE) {
    return mix(back, color(t), settings.opacity * strength);
  }
  if (settings.overlay == BLEND) {
    return mix(back, color(t), settings.opacity);
  }
  return back * mix(1, strength, settings.opacity);
}

fn score(place: vec2f) -> f32 {
  if (settings.smooth_scores == 0) {
    return score_at(floor(place));
  }
  let corner = floor(place - 0.5);
  let f = place - 0.5 - corner;
  let upper = mix(score_at(corner), score_at(corner + vec2f(1, 0)), f.x);
  let lower = mix(score_at(corner + vec2f(0, 1)), score_at(corner + vec2f(1, 1)), f.x);
  return mix(upper, lower, f.y);
}

fn score_at(pixel: vec2f) -> f32 {
  let p = vec2u(clamp(pixel, vec2f(), settings.size - 1));
  return scores[p.y * u32(settings.size.x) + p.x];
}

fn position(score: f32) -> f32 {
  let low = ends.x;
  let high = ends.y;
  if (high > low) {
    return clamp((score - low) / (high - low), 0, 1);
  }
  return select(select(settings.zero, 0, score < low), 1, score > low);
}

fn color(t: f32) -> vec3f {
  let entry = u32(settings.palette) * 256 + u32(t * 255 + 0.5);
  return unpack4x8unorm(palette[entry]).rgb;
}
