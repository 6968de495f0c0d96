// A map on a canvas: one fragment per canvas pixel.
//
// `backdrop` resamples the photo for the canvas; it is kept while only the map's look changes.
// `paint` then finds the color of the score:
//
//   t = (score − low) / (high − low), clipped to [0, 1]
//
// and where low = high, 0 below, 1 above, the palette's zero on them: a flat map paints as zero.
//
// Both sides of the zero are bent by |t − zero|^gamma, so that a gamma below 1 shows what is weak.
//
// Over a photo, where t has the strength v = t (|2t − 1| in a diverging palette):
//
//   color = mix(photo · (1 − mask · (1 − v)), palette(t), blend + fade · v)
#import photo

struct Settings {
  to_map: mat3x3f,     // pixels of the canvas → pixels of the map
  to_photo: mat3x3f,   // pixels of the canvas → pixels of the photo
  size: vec2f,         // width and height of the map
  palette: f32,        // row of the table
  zero: f32,           // where in the palette zero lies: 0, or 0.5 in a diverging palette
  blend: f32,
  fade: f32,
  mask: f32,
  photo_shown: f32,    // 0 or 1
  interpolated: f32,   // 1: interpolate between scores
  palette_gamma: f32,
}

@group(0) @binding(0) var<storage, read> scores: array<f32>;  // [H][W]
@group(0) @binding(1) var<storage, read> ends: vec2f;         // low, high
@group(0) @binding(2) var<storage, read> palette: array<u32>; // 256 RGBA colors for each palette
@group(0) @binding(3) var<uniform> settings: Settings;
@group(0) @binding(4) var behind: texture_2d<f32>;            // the backdrop; alpha 0 beside it
@group(0) @binding(5) var photo: texture_2d<f32>;             // premultiplied alpha

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

// The part of the photo that the network does not see is dimmed.
const UNSEEN = 0.4;

@fragment
fn paint(@builtin(position) pixel: vec4f) -> @location(0) vec4f {
  let place = (settings.to_map * vec3f(pixel.xy, 1)).xy;
  let back = settings.photo_shown * textureLoad(behind, vec2u(pixel.xy), 0);
  let t = bent(position(score(place)));
  let strength = abs(t - settings.zero) / (1 - settings.zero);
  let masked = back.rgb * (1 - settings.mask * (1 - strength));
  let seen = mix(masked, color(t), settings.blend + settings.fade * strength);
  let inside = all(place >= vec2f()) && all(place < settings.size);
  return select(vec4f(back.rgb * UNSEEN, back.a), vec4f(seen, 1), inside);
}

// Bilinear, or the nearest of the four.
fn score(place: vec2f) -> f32 {
  let corner = floor(place - 0.5);
  let between = place - 0.5 - corner;
  let f = select(step(vec2f(0.5), between), between, settings.interpolated == 1);
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
  let between = clamp((score - low) / max(high - low, TINY), 0, 1);
  let beside = select(select(settings.zero, 0, score < low), 1, score > high);
  return select(beside, between, high > low);
}

fn bent(t: f32) -> f32 {
  if (settings.palette_gamma == 1) {
    return t;
  }
  let strength = pow(abs(t - settings.zero) / (1 - settings.zero), settings.palette_gamma);
  return settings.zero + sign(t - settings.zero) * strength * (1 - settings.zero);
}

// The least normal f32.
const TINY = 1.17549435e-38;

fn color(t: f32) -> vec3f {
  let entry = u32(settings.palette) * 256 + u32(t * 255 + 0.5);
  return unpack4x8unorm(palette[entry]).rgb;
}
