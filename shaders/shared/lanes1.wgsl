// How four columns are loaded: each invocation loads its own. In lanes4.wgsl four invocations share the loads.
// It calls `column`, which loads one and stands in the kernel that imports it.

const LANES = 1u;

// The place of an invocation among those that load together.
fn lane_of(index: u32) -> u32 {
  return 0;
}

// The places of four columns, one after the other.
alias Four = vec4u;
alias SignedFour = vec4i;

fn four_from(first: u32, lane: u32) -> Four {
  return vec4u(first) + vec4u(0, 1, 2, 3);
}

fn columns_at(places: Four) -> mat4x4f {
  return mat4x4f(column(places.x), column(places.y), column(places.z), column(places.w));
}
