enable subgroups;
diagnostic(off, subgroup_uniformity);
// Four invocations that need the same columns, each of them for quads of its own, load one each and pass it around. On a
// processor that plays a GPU a load takes as long as sixteen products, and an exchange among four next to nothing.
// Invocation `lane` of the four has column i ^ lane where one that is alone has column i (alone.wgsl).
// The four always go the same way, which cannot be seen from here.

const LANES = 4u;

fn lane_of(index: u32) -> u32 {
  return index % 4;
}

// Of the places of four columns, the one of this invocation.
alias Four = u32;
alias SignedFour = i32;

fn four_from(first: u32, lane: u32) -> Four {
  return first + lane;
}

fn columns_at(place: Four) -> mat4x4f {
  let own = column(place);
  return mat4x4f(own, quadSwapX(own), quadSwapY(own), quadSwapDiagonal(own));
}
