// Exact percentiles of many numbers, all in one go: radix select, eight bits at a time.
//
// value(p) = s[k] + f · (s[k + 1] − s[k]),  k + f = p/100 · (N − 1),  s = the numbers sorted
//
// which is numpy's "linear". Each order statistic is a target. A pass counts, for the numbers that
// agree with a target in all digits known so far, how many have which next digit (`count`), and
// walks the counts to the target's rank (`descend`). Four passes know all 32 bits. Targets with
// equal digits so far share one histogram.
//
// The counts are global atomics: on a software adapter, barriers take ten times longer.
#import order

struct Percentile {
  below: u32,     // k
  above: u32,     // min(k + 1, N − 1)
  fraction: f32,  // f, or f − 1 where k + 1 is nearer: a small weight keeps all its digits
}

struct Request {
  magnitude: u32,                  // 1: percentiles of |value|
  percentiles: array<Percentile>,  // MOST / 2 at most
}

const MOST = 8u;  // targets
const BINS = 256u;

// All zero before the first pass, like the counts.
struct Search {
  done: u32,                    // passes so far
  histograms: u32,              // how many histograms the targets share
  prefixes: array<u32, MOST>,   // leading digits, for each histogram
  histogram: array<u32, MOST>,  // for each target, its histogram
  rank: array<u32, MOST>,       // for each target, its rank among those with its prefix
}

@group(0) @binding(0) var<storage, read> values: array<u32>;               // N floats, as bits
@group(0) @binding(1) var<storage, read> request: Request;
@group(0) @binding(2) var<storage, read_write> search: Search;
@group(0) @binding(3) var<storage, read_write> counts: array<atomic<u32>>; // [4][MOST][BINS]
@group(0) @binding(4) var<storage, read> counted: array<vec4u>;            // the same, to be read
@group(0) @binding(5) var<storage, read_write> result: array<f32>;         // [percentiles]

@compute @workgroup_size(64)
fn count(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let shift = 24 - 8 * search.done;
  let known = ~((2u << (shift + 7)) - 1); // nothing in the first pass
  let sign = select(0u, 1u << 31, request.magnitude == 1);
  let histograms = max(search.histograms, 1);
  let first = search.done * MOST * BINS;
  let length = arrayLength(&values);
  for (var i = id.x; i < length; i += groups.x * 64) {
    let k = key(values[i] & ~sign);
    for (var h = 0u; h < histograms; h++) {
      if ((k & known) == search.prefixes[h]) {
        atomicAdd(&counts[first + h * BINS + ((k >> shift) & 255)], 1u);
      }
    }
  }
}

var<workgroup> found: array<u32, MOST>;

// One invocation for each target.
@compute @workgroup_size(MOST)
fn descend(@builtin(local_invocation_index) lane: u32) {
  let percentiles = arrayLength(&request.percentiles);
  let targets = min(2 * percentiles, MOST);
  let shift = 24 - 8 * search.done;
  if (lane < targets) {
    let wanted = request.percentiles[lane / 2];
    var rank = search.rank[lane];
    if (search.done == 0) {
      rank = select(wanted.below, wanted.above, lane % 2 == 1);
    }
    let h = search.histogram[lane];
    let first = (search.done * MOST + h) * BINS / 4;
    var digit = 0u;
    var bins = counted[first];
    while (digit < BINS - 4 && rank >= total(bins)) {
      rank -= total(bins);
      digit += 4;
      bins = counted[first + digit / 4];
    }
    while (digit % 4 < 3 && rank >= bins[digit % 4]) {
      rank -= bins[digit % 4];
      digit++;
    }
    search.rank[lane] = rank;
    found[lane] = search.prefixes[h] | (digit << shift);
  }
  workgroupBarrier();
  storageBarrier();

  if (lane == 0) {
    share_histograms(targets);
    search.done++;
  }
  if (lane < percentiles && shift == 0) {
    let a = number(found[2 * lane]);
    let b = number(found[2 * lane + 1]);
    let f = request.percentiles[lane].fraction;
    result[lane] = select(a, b, f < 0) + (b - a) * f;
  }
}

fn share_histograms(targets: u32) {
  var histograms = 0u;
  for (var t = 0u; t < targets; t++) {
    var h = 0u;
    while (h < histograms && search.prefixes[h] != found[t]) {
      h++;
    }
    search.prefixes[h] = found[t];
    search.histogram[t] = h;
    histograms = max(histograms, h + 1);
  }
  search.histograms = histograms;
}

fn total(bins: vec4u) -> u32 {
  return bins.x + bins.y + bins.z + bins.w;
}
