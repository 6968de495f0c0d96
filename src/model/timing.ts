// How long steps take on the device, by its own clock: what tuning and the benchmark compare.

import { type Launch, play, read } from "../gpu/play.js";
import type { Step } from "../shaders/step.js";
import type { Engine, Phase } from "./engine.js";

/** Milliseconds of every step of a part, launched alone for a batch so many times; needs "timestamp-query". */
export async function stepTimes(
  engine: Engine,
  part: Phase,
  samples: number,
  repeats = 1,
): Promise<{ step: Step; milliseconds: number }[]> {
  const launches = engine.jobs(part);
  const times = await measure(engine.device, launches, samples, repeats);
  return launches.map(({ step }, i) => ({ step, milliseconds: times[i] as number }));
}

/**
 * Plays launches each in a pass of its own, so many times, and measures them, in milliseconds; needs "timestamp-query".
 */
async function measure(
  device: GPUDevice,
  launches: readonly Launch[],
  samples: number,
  repeats = 1,
): Promise<Float64Array> {
  const count = 2 * launches.length;
  const querySet = device.createQuerySet({ type: "timestamp", count });
  const times = device.createBuffer({
    label: "timestamps",
    size: count * 8,
    usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC,
  });
  try {
    const encoder = device.createCommandEncoder({ label: "measured" });
    launches.forEach((launch, i) => {
      const timestampWrites = {
        querySet,
        beginningOfPassWriteIndex: 2 * i,
        endOfPassWriteIndex: 2 * i + 1,
      };
      const pass = encoder.beginComputePass({ label: launch.step.label, timestampWrites });
      play(pass, new Array(repeats).fill(launch), samples);
      pass.end();
    });
    encoder.resolveQuerySet(querySet, 0, count, times, 0);
    device.queue.submit([encoder.finish()]);
    const stamps = new BigInt64Array(await read(device, times));
    return Float64Array.from(
      launches,
      (_, i) => Number((stamps[2 * i + 1] as bigint) - (stamps[2 * i] as bigint)) / 1e6 / repeats,
    );
  } finally {
    querySet.destroy();
    times.destroy();
  }
}
