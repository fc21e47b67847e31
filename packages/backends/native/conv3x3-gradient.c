#include "convolution.h"
#include "products.h"
#include "team.h"
#include "winograd.h"

// The gradient of conv3x3 with respect to its filter, by the transposed F(4x4,3x3): products of B^T x B and A dy A^T, summed over all
// tiles, at each of the 36 positions.

typedef struct {
  Gradient gradient;
  Tiles tiles;
  int units, unit_tiles, pass;  // how many tiles are transformed, then multiplied, before the next ones
  int start, count;             // the tiles of this pass, where all threads share it
  float *seen, *slopes;         // [position][tile of this pass][I], [O]
  size_t seen_step, slope_step; // floats between positions
  float *sums;                  // [unit][position][I][O]
} TiledGradient;

// A dy A^T of LANES channels of a tile's 4x4 pixels; positions are `step` floats apart.
static void transform_slope(const float *image, const Tiles *tiles, int channels, int y, int x, float *to, size_t step) {
  vec pixels[16], half[24];
  read_square(image, tiles, channels, y, x, 4, pixels);
  for (int j = 0; j < 4; j++) {
    vec column[4], done[6];
    for (int i = 0; i < 4; i++) column[i] = pixels[i * 4 + j];
    gradients6(column, done);
    for (int i = 0; i < 6; i++) half[i * 4 + j] = done[i];
  }
  for (int i = 0; i < 6; i++) {
    vec done[6];
    gradients6(half + i * 4, done);
    for (int j = 0; j < 6; j++) store(to + (i * 6 + j) * step, done[j]);
  }
}

// A tile's numbers, as number `at` of a pass.
static void transform_tile(const TiledGradient *tiled, int tile, int at, float *seen, float *slopes) {
  const Gradient *g = &tiled->gradient;
  const Tiles *tiles = &tiled->tiles;
  Place place = place_of(tiles, tile);
  size_t image = (size_t)place.image * g->height * g->width;
  for (int c = 0; c < g->inputs; c += LANES)
    transform_input(g->x + image * g->inputs + c, tiles, g->inputs, place.y, place.x, seen + (size_t)at * g->inputs + c,
                    tiled->seen_step);
  for (int c = 0; c < g->outputs; c += LANES)
    transform_slope(g->dy + image * g->outputs + c, tiles, g->outputs, place.y, place.x,
                    slopes + (size_t)at * g->outputs + c, tiled->slope_step);
}

// Few channels: a unit is a share of the tiles, with sums of its own, so that a core reads only what it has written.

enum { MOST_UNITS = 16, FEWEST_UNITS = 4, ROOM = 1 << 22, PASS_ROOM = 300000, FEWEST_TILES = 32 };

static void sum_tiles(void *context, int unit, int thread) {
  const TiledGradient *tiled = context;
  int inputs = tiled->gradient.inputs, outputs = tiled->gradient.outputs;
  int first = unit * tiled->unit_tiles, end = least(first + tiled->unit_tiles, tiled->tiles.count);
  float *seen = scratch(thread, POSITIONS * (tiled->seen_step + tiled->slope_step));
  float *slopes = seen + POSITIONS * tiled->seen_step;
  for (int start = first; start < end; start += tiled->pass) {
    int count = least(tiled->pass, end - start);
    for (int t = 0; t < count; t++) transform_tile(tiled, start + t, t, seen, slopes);
    for (int p = 0; p < POSITIONS; p++)
      multiply_outer(seen + p * tiled->seen_step, inputs, slopes + p * tiled->slope_step, outputs, count, start > first,
                     tiled->sums + ((size_t)unit * POSITIONS + p) * inputs * outputs, inputs);
  }
}

// Many channels, whose sums take much room: all threads transform the same tiles, and a unit is a share of the products.

enum { SHARED_PASS = 192, UNIT_INPUTS = 32 };

static void transform_pass(void *context, int unit, int thread) {
  (void)thread;
  const TiledGradient *tiled = context;
  transform_tile(tiled, tiled->start + unit, unit, tiled->seen, tiled->slopes);
}

static void multiply_pass(void *context, int unit, int thread) {
  (void)thread;
  const TiledGradient *tiled = context;
  int inputs = tiled->gradient.inputs, outputs = tiled->gradient.outputs;
  int groups = divided_up(inputs, UNIT_INPUTS), p = unit / groups, first = unit % groups * UNIT_INPUTS;
  multiply_outer(tiled->seen + p * tiled->seen_step + first, inputs, tiled->slopes + p * tiled->slope_step, outputs,
                 tiled->count, tiled->start > 0, tiled->sums + ((size_t)p * inputs + first) * outputs,
                 least(UNIT_INPUTS, inputs - first));
}

// G^T sums G of one input.
static void transform_sums(void *context, int input, int thread) {
  (void)thread;
  const TiledGradient *tiled = context;
  const Gradient *g = &tiled->gradient;
  size_t step = (size_t)g->inputs * g->outputs;
  for (int o = 0; o < g->outputs; o += LANES) {
    size_t at = (size_t)input * g->outputs + o;
    vec half[18];
    for (int j = 0; j < 6; j++) {
      vec column[6], done[3];
      for (int i = 0; i < 6; i++) {
        const float *from = tiled->sums + at + (i * 6 + j) * step;
        column[i] = load(from);
        for (int unit = 1; unit < tiled->units; unit++) column[i] += load(from += POSITIONS * step);
      }
      filters3(column, done);
      for (int i = 0; i < 3; i++) half[i * 6 + j] = done[i];
    }
    for (int i = 0; i < 3; i++) {
      vec done[3];
      filters3(half + i * 6, done);
      for (int j = 0; j < 3; j++) store(g->filter + at + (i * 3 + j) * step, done[j]);
    }
  }
}

static void conv3x3_gradient(const Gradient *g) {
  TiledGradient tiled = {.gradient = *g, .tiles = tiles_of(g->batch, g->height, g->width)};
  int tiles = tiled.tiles.count, units = least(MOST_UNITS, ROOM / (POSITIONS * g->inputs * g->outputs));
  int is_shared = units < FEWEST_UNITS, fitting = most(1, PASS_ROOM / (POSITIONS * (g->inputs + g->outputs)));
  tiled.pass = least(is_shared ? SHARED_PASS : least(fitting, most(FEWEST_TILES, tiles / MOST_UNITS)), tiles);
  tiled.units = is_shared ? 1 : least(units, divided_up(tiles, tiled.pass));
  tiled.unit_tiles = divided_up(tiles, tiled.units);
  tiled.units = divided_up(tiles, tiled.unit_tiles);
  tiled.seen_step = (size_t)tiled.pass * g->inputs + APART;
  tiled.slope_step = (size_t)tiled.pass * g->outputs + APART;
  size_t pass = POSITIONS * (tiled.seen_step + tiled.slope_step), sums = (size_t)POSITIONS * g->inputs * g->outputs;
  tiled.sums = shared(tiled.units * sums + (is_shared ? pass : 0));
  if (is_shared) {
    tiled.seen = tiled.sums + sums;
    tiled.slopes = tiled.seen + POSITIONS * tiled.seen_step;
    for (; tiled.start < tiles; tiled.start += tiled.pass) {
      tiled.count = least(tiled.pass, tiles - tiled.start);
      run_units(transform_pass, &tiled, tiled.count);
      run_units(multiply_pass, &tiled, POSITIONS * divided_up(g->inputs, UNIT_INPUTS));
    }
  } else run_units(sum_tiles, &tiled, tiled.units);
  run_units(transform_sums, &tiled, g->inputs);
}
