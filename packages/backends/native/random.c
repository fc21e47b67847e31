#include <string.h>

#include "op.h"
#include "philox.h"
#include "team.h"

// Tensors of core's Rng.normals. They are computed in double precision as there, and of 10 million none had other bits.
// Very near to 0 some can, since the host rounds its angles.

enum { DRAWN_STEP = 4 * COUNTERS, DRAWN_UNIT = 8192 };

typedef struct {
  float *y;
  int64_t size;
  WordPlace place;
} Drawing;

static int units_of(int64_t size) { return (int)((size + DRAWN_UNIT - 1) / DRAWN_UNIT); }

typedef double doubles __attribute__((vector_size(LANES * 4)));
typedef float half_vec __attribute__((vector_size(LANES * 2)));
typedef uint32_t half_words __attribute__((vector_size(LANES * 2)));

// With these bits above it, a word is a number of double precision, 2^52 more than it was.
static const uint64_t ABOVE = 0x4330000000000000;

INLINE doubles plus_half(words word) { return (doubles)((word & LOW) | ABOVE) - (0x1p52 - 0.5); }

// -2 ln((word + 1/2) 2^-32)
INLINE doubles squared_radius(words word) {
  // word + 1/2 = 2^exponent m, with m in [sqrt(1/2), sqrt(2)]
  const uint64_t one = 0x3ff0000000000000, root_half = 0x3fe6a09e667f3bcd, fraction = 0xfffffffffffff;
  words bits = (words)plus_half(word) + (one - root_half);
  doubles exponent = (doubles)(bits >> 52 | ABOVE) - (0x1p52 + 1023);
  doubles m = (doubles)((bits & fraction) + root_half);
  doubles r = (m - 1) / (m + 1), q = r * r; // ln m = 2 artanh(r)
  doubles series = 1 + q * (1.0 / 3 + q * (1.0 / 5 + q * (1.0 / 7 + q * (1.0 / 9 + q * (1.0 / 11 + q * (1.0 / 13 +
                   q * (1.0 / 15 + q * (1.0 / 17))))))));
  const double ln2 = 0.6931471805599453;
  return __builtin_elementwise_fma(-4 * r, series, (32 - exponent) * (2 * ln2));
}

// Radius times cosine and sine of (word + 1/2) 2^-32 turns
INLINE void on_circle(doubles radius, words word, doubles to[2]) {
  // The angle from the nearest quarter turn, whose number is in the lowest bits of `shifted`.
  doubles turned = plus_half(word) * 0x1p-30, shifted = turned + 0x1.8p52;
  words quarter = (words)shifted;
  doubles angle = (turned - (shifted - 0x1.8p52)) * 1.5707963267948966, q = angle * angle;
  doubles c = 1 - q * (1.0 / 2 - q * (1.0 / 24 - q * (1.0 / 720 - q * (1.0 / 40320 - q * (1.0 / 3628800 -
              q * (1.0 / 479001600 - q * (1.0 / 87178291200)))))));
  doubles s = angle * (1 - q * (1.0 / 6 - q * (1.0 / 120 - q * (1.0 / 5040 - q * (1.0 / 362880 -
              q * (1.0 / 39916800 - q * (1.0 / 6227020800)))))));
  // Each quarter turn takes (c, s) to (-s, c).
  words odd = -(quarter & 1), sign = (words){0} + (1ull << 63);
  words x = ((words)c & ~odd) | ((words)s & odd), y = ((words)s & ~odd) | ((words)c & odd);
  to[0] = radius * (doubles)(x ^ ((quarter + 1) << 62 & sign));
  to[1] = radius * (doubles)(y ^ (quarter << 62 & sign));
}

INLINE words rounded(doubles values) {
  return __builtin_convertvector((half_words)__builtin_convertvector(values, half_vec), words);
}

// Box-Muller: two numbers of two words.
INLINE words normal_pair(words first, words second) {
  doubles pair[2];
  on_circle(__builtin_elementwise_sqrt(squared_radius(first)), second, pair);
  return rounded(pair[0]) | rounded(pair[1]) << 32;
}

INLINE void normal_numbers(const words drawn[4], float *to) {
  words ordered[2];
  interleave(normal_pair(drawn[0], drawn[1]), normal_pair(drawn[2], drawn[3]), ordered);
  for (int i = 0; i < 2; i++) store(to + i * LANES, (vec)ordered[i]);
}

static void normal_unit(void *context, int unit, int thread) {
  (void)thread;
  const Drawing *drawing = context;
  WordPlace place = drawing->place; // a copy: for all the compiler knows, y may be where the original is
  int64_t at = (int64_t)unit * DRAWN_UNIT;
  int count = drawing->size - at < DRAWN_UNIT ? (int)(drawing->size - at) : DRAWN_UNIT;
  for (; count > 0; count -= DRAWN_STEP, at += DRAWN_STEP) {
    words drawn[4];
    philox(place, at / 4, drawn);
    if (count >= DRAWN_STEP) {
      normal_numbers(drawn, drawing->y + at);
    } else {
      float last[DRAWN_STEP];
      normal_numbers(drawn, last);
      memcpy(drawing->y + at, last, (size_t)count * sizeof(float));
    }
  }
}

// The place of the words [4], how many numbers: standard normal numbers
static void normal(Call *call) {
  int64_t size = (int64_t)attribute(call, 0);
  Drawing drawing = {output(call, 0, 1, &size), size, word_place(input(call, 0))};
  run_units(normal_unit, &drawing, units_of(size));
}

// Rows of normal numbers, each with those of a fork of the stream.

typedef struct {
  float *y;
  const uint32_t *indices; // low and high words
  int64_t size;            // of a row
  WordPlace place;         // only its key counts
  int row_units;
} Rows;

// The key of core's `rng.fork(index)`: two words of a block whose counter ends with 1, the kind of a fork by a number.
static void fork_key(const uint32_t key[2], const uint32_t index[2], uint32_t to[2]) {
  words none = {0}, block[4] = {none + index[0], none + index[1], none, none + 1};
  philox_rounds(key, block);
  to[0] = (uint32_t)block[0][0], to[1] = (uint32_t)block[1][0];
}

static void indexed_unit(void *context, int unit, int thread) {
  const Rows *rows = context;
  int row = unit / rows->row_units;
  Drawing drawing = {.y = rows->y + row * rows->size, .size = rows->size};
  fork_key(rows->place.key, rows->indices + 2 * row, drawing.place.key);
  normal_unit(&drawing, unit % rows->row_units, thread);
}

// Indices [B,2], the place of the words [4], how many numbers a row has: y [B,size], whose row i is fork indices[i]'s
static void indexed_normal(Call *call) {
  Tensor indices = input(call, 0);
  int64_t size = (int64_t)attribute(call, 0), batch = indices.sides[0];
  Rows rows = {.indices = (const uint32_t *)indices.data, .size = size, .place = word_place(input(call, 1))};
  rows.y = output(call, 0, 2, (int64_t[]){batch, size});
  rows.row_units = units_of(size);
  run_units(indexed_unit, &rows, (int)batch * rows.row_units);
}
