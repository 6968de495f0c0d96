// What one step of training must know besides run.wgsl. There, `first` is the number of samples seen before, so that
// every sample of every step has random numbers of its own.

struct Training {
  augment: u32,        // 1: inputs are moved, mirrored and noisy; 0: as they are
  rate: f32,           // step size
  momentum: f32,       // β₁ of Adam
  beta: f32,           // β₂
  epsilon: f32,
  correction1: f32,    // 1 − β₁ᵗ
  correction2: f32,    // 1 − β₂ᵗ
  decay: f32,          // of the weights, decoupled (AdamW, Loshchilov & Hutter 2019)
}

@group(0) @binding(10) var<uniform> training: Training;

const FOR_INPUT = 4u;     // purposes of random numbers, beside those in sample.wgsl and perturb.wgsl
const FOR_PLACE = 5u;
const FOR_DROPOUT = 6u;
