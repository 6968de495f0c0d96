// What one batch of samples must know that is not known when the plan is made.

struct Run {
  samples: u32,  // samples of this batch
  first: u32,    // index of its first sample among all
  seed: u32,
  stream: u32,   // independent noise streams of one seed
  noise: f32,    // standard deviation of the noise as a fraction of max x − min x
}

@group(0) @binding(9) var<uniform> run: Run;
