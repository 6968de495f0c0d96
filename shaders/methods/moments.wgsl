// Adds the gradients of a batch to the running moments of every element, pass by pass in order, so that the result does not
// depend on how the passes were split into batches.
//
// The attribution of a sample is the weighted sum of its passes' gradients, times x − x₀ where they lie on the
// straight way from x₀. Moments are one-pass central sums (Pébay 2008) of the attributions a of the samples: planes
// mean, M2, M3, M4 (sums of powers of a − mean), mean of |a|, where samples come in groups that are not independent
// within, M2 of the means of the groups, and the element's scale (scale.wgsl): that of the largest |a| so far. M2 of both
// kinds, M3 and M4 are sums of powers of (a − mean) / scale, and are rescaled when the scale grows. Two more planes hold
// what the next batch goes on with: the sum within a sample, and the sum within a group.
#import f32, run, sample, scale

@group(0) @binding(7) var<storage, read> gradients: array<Stored>;      // [n][C/4][P]
@group(0) @binding(8) var<storage, read_write> moments: array<vec4f>;  // [9][C/4][P]

@compute @workgroup_size(64)
fn accumulate(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= layer.stride) {
    return;
  }
  let quad = id.x / layer.positions;
  let position = id.x % layer.positions;
  var planes: array<vec4f, 9>;
  if (run.first > 0) {
    for (var k = 0u; k < 9; k++) {
      planes[k] = moments[k * layer.stride + id.x];
    }
  }
  var mean = planes[0];
  var m2 = planes[1];
  var m3 = planes[2];
  var m4 = planes[3];
  var absolute = planes[4];
  var groups = planes[5];
  var scale = planes[6];
  var total = planes[7];
  var together = planes[8];
  for (var i = 0u; i < run.samples; i++) {
    let pass_index = run.first + i;
    let point = pass_index % run.points;
    var g = loaded(gradients[i * layer.stride + id.x]) * (1 / GRADIENT_SCALE);
    if (PATHS != 0) {
      if (run.path == NODES) {
        g *= place(pass_index).y;
      }
    }
    total = select(total + g, g, point == 0);
    if (point + 1 < run.points) {
      continue;
    }
    let sample = pass_index / run.points;
    var a = total;
    if (PATHS != 0) {
      if (is_straight()) {
        a *= sample_at(quad, position, sample) - baseline_at(quad, position, sample);
      }
    }
    let reached = max(scale, scale_of(a));
    if (any(reached > scale)) {
      let r = scale * inverse_of(reached);
      m2 *= r * r;
      m3 *= r * r * r;
      m4 *= r * r * (r * r);
      groups *= r * r;
      scale = reached;
    }
    let by_scale = inverse_of(scale);
    let before = f32(sample);
    let n = before + 1;
    let step = (a - mean) / n;
    let d = step * by_scale;
    let term = (a - mean) * by_scale * d * before;
    m4 += term * d * d * (n * n - 3 * n + 3) + 6 * d * d * m2 - 4 * d * m3;
    m3 += term * d * (n - 2) - 3 * d * m2;
    m2 += term;
    mean += step;
    absolute += (abs(a) - absolute) / n;
    together = select(together + a, a, sample % run.group == 0);
    if ((sample + 1) % run.group == 0 && sample >= run.group) {
      // From the mean after the group, which is that of all k groups: Δ M2 = (group − mean)² k / (k − 1).
      let size = f32(run.group);
      let off = (together / size - mean) * by_scale;
      groups += off * off * n / (n - size);
    }
  }
  planes = array(mean, m2, m3, m4, absolute, groups, scale, total, together);
  for (var k = 0u; k < 9; k++) {
    moments[k * layer.stride + id.x] = planes[k];
  }
}
