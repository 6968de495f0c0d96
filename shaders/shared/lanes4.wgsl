// Four invocations need the same columns, each for its own quads: each loads one and passes it to the others. On a software
// adapter a load takes as long as fifty products, and an exchange among four next to nothing.
// Column i of a four is the one at i ^ lane, where `lane` is the invocation's place among the four (lanes1.wgsl: the one at
// i). The four always take the same branches, which the compiler cannot see.
#replaces lanes1
enable subgroups;
diagnostic(off, subgroup_uniformity);

const LANES = 4u;

fn lane_of(index: u32) -> u32 {
  return index & 3;
}

// Of the places of four columns, the one that this invocation loads.
alias Four = u32;
alias SignedFour = i32;

fn four_from(first: u32, lane: u32) -> Four {
  return first + lane;
}

fn columns_at(place: Four) -> mat4x4f {
  let own = column(place);
  return mat4x4f(own, quadSwapX(own), quadSwapY(own), quadSwapDiagonal(own));
}
