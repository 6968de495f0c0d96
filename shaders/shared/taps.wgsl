// The taps of a kernel that a pixel sees, along one axis, for kernels that go through what they read in order.

// By rising place: how many, the first and the step to the next, and the shift from the pixel to what it reads there.
struct Taps {
  count: u32,
  first: u32,
  step: i32,
  shift: i32,
  shift_step: i32,
}

// The taps of a phase: those k for which phase + pad − k · dilation is a multiple of the stride. The last comes first.
fn taps_by_place(phase: u32, kernel: u32, stride: u32, dilation: u32, pad: u32) -> Taps {
  var taps: Taps;
  for (var k = 0u; k < kernel; k++) {
    let reach = i32(phase + pad) - i32(k * dilation);
    if (reach % i32(stride) == 0) {
      let shift = reach / i32(stride);
      taps.step = i32(taps.first) - i32(k);
      taps.shift_step = taps.shift - shift;
      taps.first = k;
      taps.shift = shift;
      taps.count++;
    }
  }
  return taps;
}
