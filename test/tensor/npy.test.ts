// .npy files against bytes that NumPy 2.4 wrote (numpy.lib.format.write_array).

import * as assert from "uvu/assert";
import { readNpy, writeNpy } from "../../src/tensor/npy.js";
import { close, randn, suite } from "../support/harness.js";

const test = suite("npy");

// Version 1.0 with the values [[-1.5, -0.5, 0.5], [1.5, 2.5, 3.5]] where the name says nothing else.
const numpy = {
  float32:
    "k05VTVBZAQB2AHsnZGVzY3InOiAnPGY0JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsIDMpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAMC/AAAAvwAAAD8AAMA/AAAgQAAAYEA=",
  float32BigEndian:
    "k05VTVBZAQB2AHsnZGVzY3InOiAnPmY0JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsIDMpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAq/wAAAvwAAAD8AAAA/wAAAQCAAAEBgAAA=",
  float64Fortran:
    "k05VTVBZAQB2AHsnZGVzY3InOiAnPGY4JywgJ2ZvcnRyYW5fb3JkZXInOiBUcnVlLCAnc2hhcGUnOiAoMiwgMyksIH0gICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAAAAD4vwAAAAAAAPg/AAAAAAAA4L8AAAAAAAAEQAAAAAAAAOA/AAAAAAAADEA=",
  // Version 2.0: [0, -0, 1, -2, 65504, 6e-8, 6.1e-5, inf, -inf, nan, 0.333].
  float16:
    "k05VTVBZAgB0AAAAeydkZXNjcic6ICc8ZjInLCAnZm9ydHJhbl9vcmRlcic6IEZhbHNlLCAnc2hhcGUnOiAoMTEsKSwgfSAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAACAADwAwP97AQD/AwB8APwAflQ1",
  // Version 3.0: [[0, 1, 2], [3, 4, 5]].
  uint8:
    "k05VTVBZAwB0AAAAeydkZXNjcic6ICd8dTEnLCAnZm9ydHJhbl9vcmRlcic6IEZhbHNlLCAnc2hhcGUnOiAoMiwgMyksIH0gICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAQIDBAU=",
  // [[-3, -2, -1], [0, 1, 2]].
  int64:
    "k05VTVBZAQB2AHsnZGVzY3InOiAnPGk4JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsIDMpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAr9//////////7///////////////////8AAAAAAAAAAAEAAAAAAAAAAgAAAAAAAAA=",
  // [True, False].
  boolean:
    "k05VTVBZAQB2AHsnZGVzY3InOiAnfGIxJywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsKSwgfSAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoBAA==",
  // 2.5, without an axis.
  scalar:
    "k05VTVBZAQB2AHsnZGVzY3InOiAnPGY0JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKCksIH0gICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAACBA",
  complex:
    "k05VTVBZAQB2AHsnZGVzY3InOiAnPGM4JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsIDMpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAAAAAAAAAAgD8AAAAAAAAAQAAAAAAAAEBAAAAAAAAAgEAAAAAAAACgQAAAAAA=",
};

const bytesOf = (file: keyof typeof numpy) => Uint8Array.from(Buffer.from(numpy[file], "base64"));
const halves = [-1.5, -0.5, 0.5, 1.5, 2.5, 3.5];

test("reads floats of either byte order and axis order", () => {
  for (const file of ["float32", "float32BigEndian", "float64Fortran"] as const) {
    assert.equal(readNpy(bytesOf(file)), { data: Float32Array.from(halves), shape: [2, 3] });
  }
});

test("reads half floats, subnormal and infinite ones too", () => {
  const { data, shape } = readNpy(bytesOf("float16"));
  assert.equal(shape, [11]);
  const exact = [0, -0, 1, -2, 65504, 2 ** -24, 1023 * 2 ** -24, Infinity, -Infinity];
  assert.equal([...data.slice(0, 9)], exact);
  assert.ok(Number.isNaN(data[9]));
  close(data.slice(10), [0.333], { rtol: 2 ** -11, atol: 0 });
});

test("reads integers and booleans", () => {
  assert.equal([...readNpy(bytesOf("uint8")).data], [0, 1, 2, 3, 4, 5]);
  assert.equal([...readNpy(bytesOf("int64")).data], [-3, -2, -1, 0, 1, 2]);
  assert.equal([...readNpy(bytesOf("boolean")).data], [1, 0]);
});

test("reads a number without axes", () => {
  assert.equal(readNpy(bytesOf("scalar")), { data: Float32Array.of(2.5), shape: [] });
});

test("reads bytes that begin anywhere in their buffer", () => {
  const bytes = bytesOf("float32");
  const shifted = new Uint8Array(bytes.length + 3);
  shifted.set(bytes, 3);
  assert.equal([...readNpy(shifted.subarray(3)).data], halves);
});

test("writes what NumPy writes, byte for byte", () => {
  assert.equal(writeNpy(Float32Array.from(halves), [2, 3]), bytesOf("float32"));
});

test("reads what it writes", () => {
  for (const shape of [[], [5], [1, 3, 7, 5]]) {
    const data = randn(shape.reduce((product, axis) => product * axis, 1));
    assert.equal(readNpy(writeNpy(data, shape)), { data, shape });
  }
});

test("says what is wrong with a file", () => {
  const error = (bytes: Uint8Array) => {
    try {
      readNpy(bytes);
    } catch (error) {
      return (error as Error).message;
    }
    return "nothing is wrong";
  };
  const float32 = bytesOf("float32");
  assert.match(error(new Uint8Array(0)), "not a .npy file");
  assert.match(
    error(new TextEncoder().encode("<!doctype html><title>x</title>")),
    "not a .npy file",
  );
  assert.match(error(float32.subarray(0, 11)), "ends within its header");
  assert.match(
    error(float32.subarray(0, -1)),
    "needs 24 bytes for its <f4 values of shape [2, 3], it has 23",
  );
  assert.match(error(bytesOf("complex")), 'type "<c8" holds no plain numbers');
  const newer = Uint8Array.from(float32);
  newer[6] = 9;
  assert.match(error(newer), "version 9");
});

test.run();
