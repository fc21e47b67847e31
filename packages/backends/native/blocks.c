#include "op.h"
#include "team.h"
#include "vector.h"

// Halves or doubles the sides of images, by blocks of 2x2 pixels of the larger image.

// About so many numbers of the larger image are a unit of work.
enum { BLOCKS_UNIT = 16384 };

typedef struct {
  const float *x;
  float *y;
  int64_t rows; // of all smaller images
  int columns, channels, unit_rows;
  float gain;
} Blocks;

// gain times the sum of a block, whose rows are `line` numbers apart.
INLINE void sum_block(const float *from, float *to, size_t line, int channels, float gain) {
  const float *right = from + channels, *below = from + line, *last = below + channels;
  int c = 0;
  for (; c + LANES <= channels; c += LANES)
    store(to + c, ((load(from + c) + load(right + c)) + (load(below + c) + load(last + c))) * gain);
  for (; c < channels; c++) to[c] = ((from[c] + right[c]) + (below[c] + last[c])) * gain;
}

// A pixel times gain, at each place of a block.
INLINE void fill_block(const float *from, float *to, size_t line, int channels, float gain) {
  float *right = to + channels, *below = to + line, *last = below + channels;
  int c = 0;
  for (; c + LANES <= channels; c += LANES) {
    vec value = load(from + c) * gain;
    store(to + c, value);
    store(right + c, value);
    store(below + c, value);
    store(last + c, value);
  }
  for (; c < channels; c++) to[c] = right[c] = below[c] = last[c] = from[c] * gain;
}

INLINE void block_rows(const Blocks *blocks, int unit, int sums) {
  size_t channels = (size_t)blocks->channels, line = 2 * blocks->columns * channels;
  int64_t first = (int64_t)unit * blocks->unit_rows, end = first + blocks->unit_rows;
  for (int64_t row = first; row < end && row < blocks->rows; row++) {
    size_t large = (size_t)row * 2 * line, small = (size_t)row * blocks->columns * channels;
    for (int i = 0; i < blocks->columns; i++, large += 2 * channels, small += channels)
      if (sums) sum_block(blocks->x + large, blocks->y + small, line, blocks->channels, blocks->gain);
      else fill_block(blocks->x + small, blocks->y + large, line, blocks->channels, blocks->gain);
  }
}

static void sum_rows(void *context, int unit, int thread) {
  (void)thread;
  block_rows(context, unit, 1);
}

static void fill_rows(void *context, int unit, int thread) {
  (void)thread;
  block_rows(context, unit, 0);
}

static void run_blocks(Call *call, Unit unit, Tensor x, float *y, int64_t rows, int64_t columns) {
  Blocks blocks = {x.data, y, rows, (int)columns, (int)x.sides[3], 0, (float)attribute(call, 0)};
  blocks.unit_rows = most(1, BLOCKS_UNIT / most(1, 4 * blocks.columns * blocks.channels));
  if (x.size) run_units(unit, &blocks, (int)((rows + blocks.unit_rows - 1) / blocks.unit_rows));
}

// x [B,2H,2W,C]: y [B,H,W,C]
static void sum_blocks(Call *call) {
  Tensor x = input(call, 0);
  int64_t height = x.sides[1] / 2, columns = x.sides[2] / 2;
  float *y = output(call, 0, 4, (int64_t[]){x.sides[0], height, columns, x.sides[3]});
  run_blocks(call, sum_rows, x, y, x.sides[0] * height, columns);
}

// x [B,H,W,C]: y [B,2H,2W,C]
static void repeat_blocks(Call *call) {
  Tensor x = input(call, 0);
  float *y = output(call, 0, 4, (int64_t[]){x.sides[0], 2 * x.sides[1], 2 * x.sides[2], x.sides[3]});
  run_blocks(call, fill_rows, x, y, x.sides[0] * x.sides[1], x.sides[2]);
}
