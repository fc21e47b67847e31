#include "convolution.h"
#include "products.h"
#include "team.h"
#include "transpose.h"
#include "winograd.h"

// Convolutions with 3x3 filters: F(4x4,3x3) of Lavin and Gray, with 36 products for 16 pixels where the sum over the filter has 144.

// So many inputs of a panel are transformed together.
enum { PART = 16 };

typedef struct {
  Convolution conv;
  Tiles tiles;
  int unit_tiles, groups, group_panels;
  float *transformed; // the filter: [panel][position][input][PANEL]
  float *seen;        // or the tiles: [position][tile][input]
} Tiled;

// Weights of PART inputs, from number `first` on, and LANES outputs, of a filter that is [3,3,O,I] in reverse order:
// [tap][input][LANES].
static void turn_weights(const Convolution *conv, int first, int output, float *to) {
  for (int tap = 0; tap < 9; tap++)
    for (int input = first; input < first + PART; input += LANES, to += LANES * LANES)
      transpose(conv->filter + ((size_t)(8 - tap) * conv->outputs + output) * conv->inputs + input, conv->inputs, to,
                LANES);
}

// U = G g G^T for PART inputs of a panel, from number `first` on: [position][input][PANEL], positions are `step` floats apart.
static void transform_weights(const Convolution *conv, int panel, int first, float *to, size_t step) {
  for (int output = panel * PANEL; output < least((panel + 1) * PANEL, conv->outputs); output += LANES, to += LANES) {
    float turned[9 * PART * LANES];
    if (conv->turned) turn_weights(conv, first, output, turned);
    const float *from = conv->turned ? turned : conv->filter + (size_t)first * conv->outputs + output;
    size_t input_step = conv->turned ? LANES : conv->outputs;
    size_t tap_step = (conv->turned ? PART : conv->inputs) * input_step;
    for (int input = 0; input < PART; input++) {
      vec half[18];
      for (int j = 0; j < 3; j++) {
        vec column[3], done[6];
        for (int i = 0; i < 3; i++) column[i] = load(from + (i * 3 + j) * tap_step + input * input_step);
        filters6(column, done);
        for (int i = 0; i < 6; i++) half[i * 3 + j] = done[i];
      }
      for (int i = 0; i < 6; i++) {
        vec done[6];
        filters6(half + i * 3, done);
        for (int j = 0; j < 6; j++) store(to + (i * 6 + j) * step + input * PANEL, done[j]);
      }
    }
  }
}

// A^T M A + bias, plus skip, times scale, of LANES outputs of a tile; positions are `step` floats apart.
static void transform_output(const Convolution *conv, const Tiles *tiles, const float *from, size_t step, Place place, int output) {
  vec half[24];
  for (int j = 0; j < 6; j++) {
    vec column[6], done[4];
    for (int i = 0; i < 6; i++) column[i] = load(from + (i * 6 + j) * step);
    outputs4(column, done);
    for (int i = 0; i < 4; i++) half[i * 6 + j] = done[i];
  }
  vec bias = conv->bias ? load(conv->bias + output) : splat(0);
  for (int i = 0; i < 4 && place.y + i < tiles->height; i++) {
    vec row[4];
    outputs4(half + i * 6, row);
    size_t first = (((size_t)place.image * tiles->height + place.y + i) * tiles->width + place.x) * conv->outputs + output;
    for (int j = 0; j < 4 && place.x + j < tiles->width; j++) {
      size_t at = first + (size_t)j * conv->outputs;
      vec sum = row[j] + bias;
      if (conv->skip) sum = (sum + load(conv->skip + at)) * conv->scale;
      store(conv->y + at, sum);
    }
  }
}

// Tiles from number `start` on; positions are `step` floats apart.
static void transform_tiles(const Tiled *tiled, int start, int count, float *to, size_t step) {
  const Convolution *conv = &tiled->conv;
  for (int t = start; t < start + count; t++, to += conv->inputs) {
    Place place = place_of(&tiled->tiles, t);
    const float *image = conv->x + (size_t)place.image * conv->height * conv->width * conv->inputs;
    for (int c = 0; c < conv->inputs; c += LANES)
      transform_input(image + c, &tiled->tiles, conv->inputs, place.y, place.x, to + c, step);
  }
}

// The pixels of tiles from number `start` on, for a panel.
static void transform_outputs(const Tiled *tiled, int start, int count, int panel, const float *sums, size_t step) {
  const Convolution *conv = &tiled->conv;
  for (int t = start; t < start + count; t++, sums += PANEL)
    for (int lane = 0; lane < PANEL && panel * PANEL + lane < conv->outputs; lane += LANES)
      transform_output(conv, &tiled->tiles, sums + lane, step, place_of(&tiled->tiles, t), panel * PANEL + lane);
}

// Many tiles: the filter is transformed once, and then a unit is some tiles and panels.

static void transform_filter(void *context, int unit, int thread) {
  (void)thread;
  const Tiled *tiled = context;
  const Convolution *conv = &tiled->conv;
  int parts = conv->inputs / PART, panel = unit / parts, first = unit % parts * PART;
  size_t step = (size_t)conv->inputs * PANEL;
  transform_weights(conv, panel, first, tiled->transformed + panel * POSITIONS * step + (size_t)first * PANEL, step);
}

static void convolve_tiles(void *context, int unit, int thread) {
  const Tiled *tiled = context;
  const Convolution *conv = &tiled->conv;
  int inputs = conv->inputs, start = unit / tiled->groups * tiled->unit_tiles;
  int count = least(tiled->unit_tiles, tiled->tiles.count - start);
  size_t seen_step = (size_t)tiled->unit_tiles * inputs + APART, sum_step = tiled->unit_tiles * PANEL + APART;
  float *seen = scratch(thread, POSITIONS * (seen_step + sum_step)), *sums = seen + POSITIONS * seen_step;
  transform_tiles(tiled, start, count, seen, seen_step);
  int first = unit % tiled->groups * tiled->group_panels;
  for (int panel = first; panel < least(first + tiled->group_panels, conv->panels); panel++) {
    const float *filter = tiled->transformed + (size_t)panel * POSITIONS * inputs * PANEL;
    for (int p = 0; p < POSITIONS; p++)
      multiply(seen + p * seen_step, inputs, filter + (size_t)p * inputs * PANEL, inputs, 0, sums + p * sum_step, PANEL, count,
               vectors_of(conv->outputs, panel));
    transform_outputs(tiled, start, count, panel, sums, sum_step);
  }
}

// The transformed numbers of a unit's tiles stay in a core's cache.
enum { SEEN = 300000, MOST_TILES = 48 };

static void convolve_many(Tiled *tiled) {
  const Convolution *conv = &tiled->conv;
  tiled->transformed = shared((size_t)conv->panels * POSITIONS * conv->inputs * PANEL);
  run_units(transform_filter, tiled, conv->panels * (conv->inputs / PART));
  int wanted = 2 * team_size(), count = tiled->tiles.count;
  int fitting = most(1, least(MOST_TILES, SEEN / (POSITIONS * conv->inputs)) / ROWS) * ROWS;
  tiled->unit_tiles = least(fitting, divided_up(divided_up(count, wanted), ROWS) * ROWS);
  int blocks = divided_up(count, tiled->unit_tiles);
  tiled->group_panels = blocks >= wanted ? conv->panels : divided_up(conv->panels, divided_up(wanted, blocks));
  tiled->groups = divided_up(conv->panels, tiled->group_panels);
  run_units(convolve_tiles, tiled, blocks * tiled->groups);
}

// Few tiles: they are transformed once, and then a unit is a panel, whose filter is transformed where it is used. So it never
// leaves the core's cache; in memory it would take four times its room.

enum { FEW = 64, PARTS = 4 };

static void see_tile(void *context, int tile, int thread) {
  (void)thread;
  const Tiled *tiled = context;
  int inputs = tiled->conv.inputs;
  transform_tiles(tiled, tile, 1, tiled->seen + (size_t)tile * inputs, (size_t)tiled->tiles.count * inputs + APART);
}

static void convolve_panel(void *context, int panel, int thread) {
  const Tiled *tiled = context;
  const Convolution *conv = &tiled->conv;
  int inputs = conv->inputs, tiles = tiled->tiles.count;
  size_t seen_step = (size_t)tiles * inputs + APART, sum_step = (size_t)tiles * PANEL + APART;
  size_t filter_step = PARTS * PART * PANEL + APART;
  float *filter = scratch(thread, POSITIONS * (filter_step + sum_step)), *sums = filter + POSITIONS * filter_step;
  for (int first = 0; first < inputs; first += PARTS * PART) {
    int count = least(PARTS * PART, inputs - first);
    for (int part = 0; part < count; part += PART)
      transform_weights(conv, panel, first + part, filter + part * PANEL, filter_step);
    for (int p = 0; p < POSITIONS; p++)
      multiply(tiled->seen + p * seen_step + first, inputs, filter + p * filter_step, count, first > 0, sums + p * sum_step, PANEL,
               tiles, vectors_of(conv->outputs, panel));
  }
  transform_outputs(tiled, 0, tiles, panel, sums, sum_step);
}

static void convolve_few(Tiled *tiled) {
  tiled->seen = shared(POSITIONS * ((size_t)tiled->tiles.count * tiled->conv.inputs + APART));
  run_units(see_tile, tiled, tiled->tiles.count);
  run_units(convolve_panel, tiled, tiled->conv.panels);
}

static void conv3x3(const Convolution *conv) {
  Tiled tiled = {.conv = *conv, .tiles = tiles_of(conv->batch, conv->height, conv->width)};
  tiled.tiles.count > FEW ? convolve_many(&tiled) : convolve_few(&tiled);
}
