#include <stdlib.h>
#include <string.h>

#include "op.h"
#include "team.h"
#include "vector.h"

// What an optimiser does with the tensors of all weights in one call: sums of squares, and Adam's step.

// A unit of work: PART_SIZE numbers of one tensor, or as many as are left.
enum { PART_SIZE = 8192 };
typedef struct {
  int tensor, count;
  int64_t first;
  double sum;
} Part;

// All parts of every `step`th tensor.
static Part *parts_of(const Tensor *tensors, int count, int step, int *parts) {
  *parts = 0;
  for (int i = 0; i < count; i += step) *parts += (int)((tensors[i].size + PART_SIZE - 1) / PART_SIZE);
  Part *all = (Part *)shared((size_t)*parts * sizeof(Part) / sizeof(float)), *part = all;
  for (int i = 0; i < count; i += step)
    for (int64_t left = tensors[i].size, first = 0; left > 0; left -= PART_SIZE, first += PART_SIZE)
      *part++ = (Part){i, left < PART_SIZE ? (int)left : PART_SIZE, first, 0};
  return all;
}

// How many sums one part is added up in, each over PART_SIZE / SUMS numbers.
enum { SUMS = 64 };

typedef struct {
  const Tensor *tensors;
  Part *parts;
} Squares;

static void square_unit(void *context, int unit, int thread) {
  (void)thread;
  const Squares *squares = context;
  Part *part = &squares->parts[unit];
  const float *x = squares->tensors[part->tensor].data + part->first;
  vec sums[SUMS / LANES] = {0};
  float last[SUMS] = {0}; // numbers, then zeros
  memcpy(last, x + part->count / SUMS * SUMS, (size_t)(part->count % SUMS) * sizeof(float));
  for (int i = 0; i < part->count; i += SUMS) {
    const float *from = i + SUMS <= part->count ? x + i : last;
    for (int j = 0; j < SUMS / LANES; j++) sums[j] += load(from + j * LANES) * load(from + j * LANES);
  }
  for (int j = 0; j < SUMS; j++) part->sum += sums[j / LANES][j % LANES];
}

// Any tensors: the sum of squares of each
static void square_sums(Call *call) {
  int count = input_count(call), parts;
  Tensor *tensors = malloc((size_t)count * sizeof *tensors);
  for (int i = 0; i < count; i++) tensors[i] = input(call, i);
  float *sums = output(call, 0, 1, (int64_t[]){count});
  Squares squares = {tensors, parts_of(tensors, count, 1, &parts)};
  run_units(square_unit, &squares, parts);
  const Part *part = squares.parts, *end = part + parts;
  for (int i = 0; i < count; i++) {
    double sum = 0;
    for (; part < end && part->tensor == i; part++) sum += part->sum;
    sums[i] = (float)sum;
  }
  free(tensors);
}

// The numbers of ops/adam-numbers.ts. Rate and epsilon have the bias correction in them. 1 - beta comes as a number of
// its own: it has few digits left where it is the difference of float32s.
typedef struct {
  float factor, rate, epsilon, beta1, rest1, beta2, rest2, decay, rest, shrink;
} AdamNumbers;

typedef struct {
  AdamNumbers numbers;
  const Tensor *slots; // weight, m, v, ema and gradient of each weight
  float **next;        // its new weight, m, v and ema
  const Part *parts;
} Adam;

// a b + c d. As a plain expression the compiler may fuse the one product or the other.
INLINE vec mixed(float a, vec b, float c, vec d) { return __builtin_elementwise_fma(splat(c), d, a * b); }

// LANES numbers of a slot. Where the factor is 0, the gradient counts as 0 even if it is NaN.
INLINE void adam_step(const AdamNumbers *n, const float *const now[5], float *const next[4], int at) {
  vec before = load(now[0] + at), gradient = load(now[4] + at) * n->factor;
  vec g = n->factor == 0 ? splat(0) : gradient;
  vec m = mixed(n->beta1, load(now[1] + at), n->rest1, g);
  vec v = mixed(n->beta2, load(now[2] + at), n->rest2, g * g);
  vec weight = before - (n->rate * m / (__builtin_elementwise_sqrt(v) + n->epsilon) + n->shrink * before);
  store(next[0] + at, weight);
  store(next[1] + at, m);
  store(next[2] + at, v);
  store(next[3] + at, mixed(n->decay, load(now[3] + at), n->rest, weight));
}

static void adam_unit(void *context, int unit, int thread) {
  (void)thread;
  const Adam *adam = context;
  const Part *part = &adam->parts[unit];
  AdamNumbers numbers = adam->numbers;
  const float *now[5];
  float *next[4];
  for (int i = 0; i < 5; i++) now[i] = adam->slots[part->tensor + i].data + part->first;
  for (int i = 0; i < 4; i++) next[i] = adam->next[part->tensor / 5 * 4 + i] + part->first;
  int at = 0;
  for (; at + LANES <= part->count; at += LANES) adam_step(&numbers, now, next, at);
  if (at == part->count) return;
  float few[9][LANES] = {0};
  size_t bytes = (size_t)(part->count - at) * sizeof(float);
  for (int i = 0; i < 5; i++) memcpy(few[i], now[i] + at, bytes);
  adam_step(&numbers, (const float *const[]){few[0], few[1], few[2], few[3], few[4]},
            (float *const[]){few[5], few[6], few[7], few[8]}, 0);
  for (int i = 0; i < 4; i++) memcpy(next[i] + at, few[5 + i], bytes);
}

// AdamW, then the moving average of the new weight. The numbers of the step [10], then weight, m, v, ema and gradient
// of each weight: its new weight, m, v and ema
static void adam_ema(Call *call) {
  int given = input_count(call) - 1, made = given / 5 * 4, parts;
  Adam adam = {.next = malloc((size_t)made * sizeof(float *))};
  Tensor *slots = malloc((size_t)given * sizeof *slots);
  memcpy(&adam.numbers, input(call, 0).data, sizeof adam.numbers);
  for (int i = 0; i < given; i++) slots[i] = input(call, 1 + i);
  for (int i = 0; i < made; i++) adam.next[i] = output(call, i, slots[i / 4 * 5].rank, slots[i / 4 * 5].sides);
  adam.slots = slots;
  adam.parts = parts_of(slots, given, 5, &parts);
  run_units(adam_unit, &adam, parts);
  free(slots);
  free(adam.next);
}
