#pragma once
#include "vector.h"

// Products of matrices, whose sums stay in registers.

// A panel is the outputs of two vectors. Weights lie in panels: [input][PANEL].
enum { PANEL = 2 * LANES };

// How many pixels' sums stay in registers, or, where pixels are summed, how many inputs'.
#if __AVX512F__
enum { ROWS = 12, INPUT_ROWS = 8 };
#else
enum { ROWS = 6, INPUT_ROWS = 4 };
#endif

INLINE int vectors_of(int outputs, int panel) { return least(2, (outputs - panel * PANEL) / LANES); }

// Add, or for the first inputs set, the products of `rows` pixels and `vectors` vectors of outputs, summed over `count` inputs.
// Pixels are `step` floats apart in x, and `to_step` in the results.
INLINE void add_products(const float *x, size_t step, const float *weights, int count, int add, float *to, size_t to_step,
                         int rows, int vectors) {
  vec sums[ROWS][2];
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++)
    for (int v = 0; v < vectors; v++) sums[r][v] = add ? load(to + r * to_step + v * LANES) : splat(0);
  for (int input = 0; input < count; input++) {
    vec weight[2];
    for (int v = 0; v < vectors; v++) weight[v] = load(weights + (size_t)input * PANEL + v * LANES);
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) {
      vec value = splat(x[r * step + input]);
      for (int v = 0; v < vectors; v++) sums[r][v] += value * weight[v];
    }
  }
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++)
    for (int v = 0; v < vectors; v++) store(to + r * to_step + v * LANES, sums[r][v]);
}

// The same for any number of pixels.
static void multiply(const float *x, size_t step, const float *weights, int count, int add, float *to, size_t to_step, int pixels,
                     int vectors) {
#define CASE(n)                                                                         \
  case n:                                                                               \
    if (vectors == 2) add_products(x, step, weights, count, add, to, to_step, n, 2);    \
    else add_products(x, step, weights, count, add, to, to_step, n, 1);                 \
    break;
  for (; pixels > 0; pixels -= ROWS, x += ROWS * step, to += ROWS * to_step)
    switch (least(ROWS, pixels)) {
      CASE(1) CASE(2) CASE(3) CASE(4) CASE(5) CASE(6)
#if __AVX512F__
      CASE(7) CASE(8) CASE(9) CASE(10) CASE(11) CASE(12)
#endif
    }
}

// Add, or for the first pixels set, the products of INPUT_ROWS inputs of x [pixel][inputs] and `vectors` vectors of outputs of
// dy [pixel][outputs], summed over `count` pixels.
INLINE void add_outer(const float *x, int inputs, const float *dy, int outputs, int count, int add, float *to, int vectors) {
  vec sums[INPUT_ROWS][2];
#pragma clang loop unroll(full)
  for (int r = 0; r < INPUT_ROWS; r++)
    for (int v = 0; v < vectors; v++) sums[r][v] = add ? load(to + (size_t)r * outputs + v * LANES) : splat(0);
  for (int pixel = 0; pixel < count; pixel++, x += inputs, dy += outputs) {
    vec slope[2];
    for (int v = 0; v < vectors; v++) slope[v] = load(dy + v * LANES);
#pragma clang loop unroll(full)
    for (int r = 0; r < INPUT_ROWS; r++) {
      vec value = splat(x[r]);
      for (int v = 0; v < vectors; v++) sums[r][v] += value * slope[v];
    }
  }
#pragma clang loop unroll(full)
  for (int r = 0; r < INPUT_ROWS; r++)
    for (int v = 0; v < vectors; v++) store(to + (size_t)r * outputs + v * LANES, sums[r][v]);
}

// The same for `rows` inputs, a multiple of INPUT_ROWS, and all outputs.
static void multiply_outer(const float *x, int inputs, const float *dy, int outputs, int count, int add, float *to, int rows) {
  for (int o = 0; o < outputs; o += PANEL)
    for (int i = 0; i < rows; i += INPUT_ROWS) {
      float *sums = to + (size_t)i * outputs + o;
      if (o + LANES < outputs) add_outer(x + i, inputs, dy + o, outputs, count, add, sums, 2);
      else add_outer(x + i, inputs, dy + o, outputs, count, add, sums, 1);
    }
}
