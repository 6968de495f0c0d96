// How four columns are loaded: by an invocation for itself. quad.wgsl does the same for four invocations at a time.
// Put behind the kernels that define `column`, which loads one.

const LANES = 1u;

// The place of an invocation among those that load together.
fn lane_of(index: u32) -> u32 {
  return 0;
}

fn columns_at(places: vec4u, lane: u32) -> mat4x4f {
  return mat4x4f(column(places.x), column(places.y), column(places.z), column(places.w));
}
