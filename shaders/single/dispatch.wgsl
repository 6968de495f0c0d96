// A pass of all samples in one launch: the entry point around the steps of a plan, whose text src/plan/single writes.
//
// A workgroup takes SAMPLES samples through `play_steps`, which calls the kernels one after the other with a barrier
// between, each of them for all invocations that it would have been launched with.
#import run

const SAMPLES = 1u;
const THREADS = 64u;

// The samples of the workgroup: how many, and the first.
var<private> single_count: u32;
var<private> single_first: u32;

@compute @workgroup_size(THREADS)
fn single_dispatch(@builtin(local_invocation_index) thread: u32, @builtin(workgroup_id) workgroup: vec3u) {
  let begin = workgroup.z * SAMPLES;
  let end = min(begin + SAMPLES, run.samples);
  single_first = begin;
  single_count = end - begin;
  play_steps(thread, begin, end);
}
