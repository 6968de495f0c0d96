// Two classes against each other (Smilkov et al. 2017, figure 6):
//   scores = scale(a) − scale(b),   scale(m) = clamp((m − low) / (high − low), 0, 1), 0 for a flat map.

@group(0) @binding(0) var<storage, read> a: array<f32>;                // scores [P], and their ends
@group(0) @binding(1) var<storage, read> ends_a: vec2f;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read> ends_b: vec2f;
@group(0) @binding(4) var<storage, read_write> scores: array<f32>;     // [P]

fn scaled(score: f32, ends: vec2f) -> f32 {
  let width = ends.y - ends.x;
  return select(0, clamp((score - ends.x) / width, 0, 1), width > 0);
}

@compute @workgroup_size(64)
fn contrast(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < arrayLength(&scores); i += groups.x * 64) {
    scores[i] = scaled(a[i], ends_a) - scaled(b[i], ends_b);
  }
}
