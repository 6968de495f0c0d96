// Which scores are painted as the two ends of the palette, from their percentiles.
//
//   plain      low = percentile(0), high = percentile(p)              (or both as asked)
//   symmetric  low = −span, high = span,  span = percentile(p) of |score|

struct Settings {
  symmetric: u32,
}

@group(0) @binding(0) var<storage, read> percentiles: array<f32>; // two; of |score| if symmetric
@group(0) @binding(1) var<uniform> settings: Settings;
@group(0) @binding(2) var<storage, read_write> ends: vec2f;       // low, high

@compute @workgroup_size(1)
fn range() {
  let high = percentiles[1];
  ends = vec2f(select(percentiles[0], -high, settings.symmetric == 1), high);
}
