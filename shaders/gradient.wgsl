// How a backward kernel leaves its gradient: written over or added to what stands there, and, where this is
// the last contribution to a tensor that comes out of an activation, passed through that activation:
//   gradient:  g where the activation was in its linear part, SLOPE · g elsewhere
//   guided:    the same, of max(g, 0)            (Springenberg et al. 2015)
//   deconvnet: max(g, 0), whatever the input was (Zeiler & Fergus 2014)
// Put before every backward kernel.

const GATE_GRADIENT = 1u;
const GATE_GUIDED = 2u;
const GATE_DECONVNET = 3u;

override DX_OFFSET: u32 = 0;         // vec4s from the start of a sample to the first of dx
override DX_STRIDE: u32 = 0;         // vec4s from a sample of dx to the next
override DX_POSITIONS: u32 = 1;      // positions of dx: vec4s from a channel quad to the next
override ADD: bool = false;
override GATE: u32 = 0;              // 0: not gated
override GATE_SLOPE_F: f32 = 0;
override GATE_WIDTH: u32 = 1;        // geometry of the mask, as the forward kernel left it
override GATE_TILE: u32 = 8;
override GATE_STRIDE: u32 = 0;

@group(0) @binding(5) var<storage, read_write> dx: array<vec4f>;
@group(0) @binding(6) var<storage, read> gate_mask: array<u32>;

fn gated(n: u32, quad: u32, position: u32, g: vec4f) -> vec4f {
  if (GATE == GATE_DECONVNET) {
    return max(g, vec4f());
  }
  let row = position / GATE_WIDTH;
  let column = position % GATE_WIDTH;
  let rows = DX_POSITIONS / GATE_WIDTH;
  let tile_words = (GATE_TILE + 7) / 8;
  let row_words = (GATE_WIDTH + GATE_TILE - 1) / GATE_TILE * tile_words;
  let in_tile = column % GATE_TILE;
  let word = (quad * rows + row) * row_words + column / GATE_TILE * tile_words + in_tile / 8;
  let bits = gate_mask[n * GATE_STRIDE + word] >> (4 * (in_tile % 8));
  let open = (vec4u(bits) & vec4u(1, 2, 4, 8)) != vec4u();
  let passed = select(g, max(g, vec4f()), GATE == GATE_GUIDED);
  return select(GATE_SLOPE_F * passed, passed, open);
}

// Leaves the gradient g of sample n at a channel quad and a position.
fn put_gradient(n: u32, quad: u32, position: u32, g: vec4f) {
  let i = n * DX_STRIDE + DX_OFFSET + quad * DX_POSITIONS + position;
  var v = g;
  if (ADD) {
    v += dx[i];
  }
  if (GATE != 0) {
    v = gated(n, quad, position, v);
  }
  dx[i] = v;
}
