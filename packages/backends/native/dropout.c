#include <string.h>

#include "op.h"
#include "philox.h"
#include "team.h"

// Dropout that draws its numbers while it multiplies, so there is no mask in memory.

// A counter's words are enough for 8 numbers.
enum { DROPOUT_STEP = 8 * COUNTERS, DROPOUT_UNIT = 16384 };

typedef struct {
  const float *x;
  float *y;
  int64_t size;
  WordPlace place;
  int dropped;
  float kept;
} Dropout;

// DROPOUT_STEP numbers from number `at` of the tensor on. Two have each word: its bits 2 to 16 and its upper 15.
INLINE void drop(const Dropout *dropout, int64_t at, const float *x, float *y) {
  words bits[4], halves[4], ordered[4];
  philox(dropout->place, at / 8, bits);
  for (int i = 0; i < 4; i++) bits[i] = (bits[i] >> 2 & 0x7fff) | (bits[i] << 15 & 0x7fff00000000);
  interleave(bits[0], bits[2], halves);
  interleave(bits[1], bits[3], halves + 2);
  interleave(halves[0], halves[2], ordered);
  interleave(halves[1], halves[3], ordered + 2);
  for (int i = 0; i < 4; i++) {
    ivec stay = (ivec)ordered[i] >= dropout->dropped;
    vec factor = (vec)(stay & (ivec)splat(dropout->kept));
    store(y + i * LANES, load(x + i * LANES) * factor);
  }
}

static void drop_unit(void *context, int unit, int thread) {
  (void)thread;
  // A copy: for all the compiler knows, y may be where the original is.
  const Dropout copy = *(const Dropout *)context, *dropout = &copy;
  int64_t at = (int64_t)unit * DROPOUT_UNIT;
  int count = dropout->size - at < DROPOUT_UNIT ? (int)(dropout->size - at) : DROPOUT_UNIT;
  for (; count >= DROPOUT_STEP; count -= DROPOUT_STEP, at += DROPOUT_STEP)
    drop(dropout, at, dropout->x + at, dropout->y + at);
  if (count == 0) return;
  float x[DROPOUT_STEP] = {0}, y[DROPOUT_STEP];
  memcpy(x, dropout->x + at, (size_t)count * sizeof(float));
  drop(dropout, at, x, y);
  memcpy(dropout->y + at, y, (size_t)count * sizeof(float));
}

// x of any shape, the place of the words [4], how many of 2^15 numbers become 0: y
static void dropout(Call *call) {
  Tensor x = input(call, 0);
  int dropped = (int)attribute(call, 0);
  Dropout dropout = {x.data, output(call, 0, x.rank, x.sides), x.size, word_place(input(call, 1)), dropped,
                     (float)(32768.0 / (32768 - dropped))};
  run_units(drop_unit, &dropout, (int)((x.size + DROPOUT_UNIT - 1) / DROPOUT_UNIT));
}
