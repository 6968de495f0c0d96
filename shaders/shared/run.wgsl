// What kernels are told of a batch, because it is not known when the plan is made. A pass is one trip through the network;
// every sample takes `points` of them.

struct Run {
  samples: u32,     // passes of this batch
  first: u32,       // index of its first pass among all
  seed: u32,
  stream: u32,      // independent noise streams of one seed
  noise: f32,       // standard deviation of the noise, in units of the spread of each element
  scale: u32,       // what the spread is: RANGE …, see noise.wgsl
  antithetic: u32,  // 1: sample 2i + 1 has the noise of 2i with the other sign
  points: u32,
  path: u32,        // NO_PATH …, see sample.wgsl
  baselines: u32,   // how many there are; 0: uniform noise
  clean: u32,       // the sample before this one has no noise; 0: all have
  weight_noise: f32,  // standard deviation of the factors of the weights
  inputs: u32,      // samples in a row that see the same weights
  group: u32,       // samples in a row that are not independent of each other
  forward_only: u32,  // 1: where one dispatch has both, no backward pass
}

@group(0) @binding(9) var<uniform> run: Run;
