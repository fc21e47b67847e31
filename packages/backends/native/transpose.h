#pragma once
#include "vector.h"

// Transposes LANES rows of LANES numbers. Instructions that interleave vectors do so within each four numbers, so a
// vector starts as four numbers of each fourth row. Then two steps, which transpose 4x4 numbers, do so in all its fours
// at once.

typedef float four __attribute__((vector_size(16), aligned(4)));

INLINE vec fours(const float *from, size_t step) {
  vec all;
  for (int i = 0; i < LANES / 4; i++) ((four *)&all)[i] = *(const four *)(from + i * step);
  return all;
}

// a0 b0 a1 b1 and a2 b2 a3 b3 of all fours.
#define PAIRS(k) k, k + LANES, k + 1, k + 1 + LANES
INLINE void interleave_fours(vec a, vec b, vec to[2]) {
#if __AVX512F__
  to[0] = __builtin_shufflevector(a, b, PAIRS(0), PAIRS(4), PAIRS(8), PAIRS(12));
  to[1] = __builtin_shufflevector(a, b, PAIRS(2), PAIRS(6), PAIRS(10), PAIRS(14));
#else
  to[0] = __builtin_shufflevector(a, b, PAIRS(0), PAIRS(4));
  to[1] = __builtin_shufflevector(a, b, PAIRS(2), PAIRS(6));
#endif
}

// Rows are `step` floats apart, and the columns that they become `to_step`.
INLINE void transpose(const float *from, size_t step, float *to, size_t to_step) {
  for (int first = 0; first < LANES; first += 4) {
    vec rows[4], even[2], odd[2], columns[4];
    for (int i = 0; i < 4; i++) rows[i] = fours(from + i * step + first, 4 * step);
    interleave_fours(rows[0], rows[2], even);
    interleave_fours(rows[1], rows[3], odd);
    for (int i = 0; i < 2; i++) interleave_fours(even[i], odd[i], columns + 2 * i);
    for (int i = 0; i < 4; i++) store(to + (first + i) * to_step, columns[i]);
  }
}
