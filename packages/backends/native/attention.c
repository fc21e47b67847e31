#pragma once
#include <string.h>

#include "activation.h"
#include "op.h"
#include "products.h"
#include "team.h"
#include "transpose.h"

// Scaled dot-product self-attention, softmax(q k^T / sqrt(width)) v of each head, without all N x N scores in memory. A
// block of queries has its scores of all keys at once, [key][query]. The lanes of vectors are queries, so the softmax's
// sums have no lanes to add up, and any number of keys will do.

// So many queries are a block: a multiple of PANEL.
enum { QUERIES = 64 };

typedef struct {
  const float *qkv; // [B,N,3C]
  int batch, positions, heads, width, panels, channels; // of a head: width, and its panels; of all: channels
  size_t step; // floats from a position to the next in qkv
  float scale;
  float *y, *log_sums;
  int part, parts; // queries of a unit of work, and units of a head
} Attention;

static Attention attention_of(Call *call) {
  Tensor qkv = input(call, 0);
  Attention all = {.qkv = qkv.data, .heads = (int)attribute(call, 0)};
  all.batch = (int)qkv.sides[0], all.positions = (int)qkv.sides[1], all.step = (size_t)qkv.sides[2];
  all.channels = (int)all.step / 3;
  all.width = all.channels / all.heads;
  all.panels = divided_up(all.width, PANEL);
  all.scale = (float)(1 / __builtin_sqrt(all.width));
  return all;
}

// Where a sample's head begins in a tensor [B,N,channels].
INLINE size_t head_place(const Attention *all, int head, size_t channels) {
  return (size_t)(head / all->heads) * all->positions * channels + (size_t)(head % all->heads) * all->width;
}

INLINE int whole(int count, int of) { return divided_up(count, of) * of; }

// Rows of `width` numbers as panels [panel][row][PANEL], with zeros where the last one has none.
static void pack_rows(const float *from, size_t step, int rows, int width, float *to) {
  for (int first = 0; first < width; first += PANEL)
    for (int row = 0; row < rows; row++, to += PANEL) {
      const float *numbers = from + row * step + first;
      store(to, load(numbers));
      store(to + LANES, first + LANES < width ? load(numbers + LANES) : splat(0));
    }
}

// The same rows turned: panels [PANEL rows][number][PANEL], with zeros up to a whole vector of rows.
static void pack_turned(const float *from, size_t step, int rows, int width, float *to) {
  for (int row = 0; row < rows; row += LANES) {
    float *lanes = to + (size_t)(row / PANEL) * width * PANEL + row % PANEL;
    for (int first = 0; first < width; first += LANES, lanes += LANES * PANEL) {
      const float *numbers = from + row * step + first;
      if (row + LANES <= rows) {
        transpose(numbers, step, lanes, PANEL);
      } else {
        float last[LANES * LANES] = {0};
        for (int i = 0; row + i < rows; i++) store(last + i * LANES, load(numbers + i * step));
        transpose(last, LANES, lanes, PANEL);
      }
    }
  }
}

// The natural logarithm of positive numbers.
INLINE vec logarithm(vec x) {
  // x = 2^exponent m, with m from the root of 1/2 on, and ln m = 2 artanh(r).
  const int32_t root_half = 0x3f3504f3;
  ivec bits = (ivec)x - root_half;
  vec exponent = __builtin_convertvector(bits >> 23, vec), m = (vec)((bits & 0x7fffff) + root_half);
  vec r = (m - 1) / (m + 1), q = r * r;
  vec series = 1 + q * (1.0f / 3 + q * (1.0f / 5 + q * (1.0f / 7 + q * (1.0f / 9))));
  return chosen(x == x, exponent * 0.693147181f + 2 * r * series, x);
}

// So many keys' numbers are added up before their sum is added to the others'.
enum { KEY_TILE = 64 };

// Replaces the scores of LANES queries by exp(score - largest). Gives their sums, and the logarithms of the sums of
// exp(score).
INLINE void exponentiate(float *scores, int keys, float scale, float *sums, float *logs) {
  vec largest = load(scores), sum = splat(0);
  for (int key = 1; key < keys; key++) {
    vec score = load(scores + (size_t)key * QUERIES);
    largest = chosen(score > largest, score, largest);
  }
  vec top = largest * scale;
  for (int first = 0; first < keys; first += KEY_TILE) {
    vec part = splat(0);
    for (int key = first; key < least(first + KEY_TILE, keys); key++) {
      float *score = scores + (size_t)key * QUERIES;
      vec weight = exponential(load(score) * scale - top);
      store(score, weight);
      part += weight;
    }
    sum += part;
  }
  store(sums, sum);
  store(logs, top + logarithm(sum));
}

// Products of all rows of qkv, from `rows` on, and the numbers of a block: [row][query]
static void multiply_block(const Attention *all, const float *rows, const float *turned, int queries, float *to) {
  for (int panel = 0; panel * PANEL < queries; panel++)
    multiply(rows, all->step, turned + (size_t)panel * all->width * PANEL, all->width, 0, to + panel * PANEL, QUERIES,
             all->positions, vectors_of(whole(queries, LANES), panel));
}

static void attend(void *context, int unit, int thread) {
  const Attention *all = context;
  int head = unit / all->parts, start = unit % all->parts * all->part, end = least(start + all->part, all->positions);
  int keys = all->positions, width = all->width;
  const float *q = all->qkv + head_place(all, head, all->step), *k = q + all->channels, *v = k + all->channels;
  float *y = all->y + head_place(all, head, all->channels), *log_sums = all->log_sums + (size_t)head * keys;
  size_t panel_floats = (size_t)keys * PANEL;
  float *values = scratch(thread, all->panels * panel_floats + (size_t)keys * QUERIES + (width + PANEL) * QUERIES);
  float *scores = values + all->panels * panel_floats, *turned = scores + (size_t)keys * QUERIES;
  float *products = turned + width * QUERIES, sums[QUERIES], logs[QUERIES];

  pack_rows(v, all->step, keys, width, values);
  for (int first = start; first < end; first += QUERIES) {
    int queries = least(QUERIES, end - first);
    pack_turned(q + first * all->step, all->step, queries, width, turned);
    multiply_block(all, k, turned, queries, scores);
    for (int i = 0; i < queries; i += LANES) exponentiate(scores + i, keys, all->scale, sums + i, logs + i);
    memcpy(log_sums + first, logs, (size_t)queries * sizeof(float));
    for (int c = 0; c < width; c += PANEL) {
      multiply_outer(scores, QUERIES, values + c / PANEL * panel_floats, PANEL, keys, 0, products,
                     whole(queries, INPUT_ROWS));
      for (int i = 0; i < queries; i++)
        for (int lane = 0; lane < PANEL && c + lane < width; lane += LANES)
          store(y + (size_t)(first + i) * all->channels + c + lane, load(products + i * PANEL + lane) * (1 / sums[i]));
    }
  }
}

// qkv [B,N,3C]: y [B,N,C], log_sums [B,heads,N]
static void attention(Call *call) {
  Attention all = attention_of(call);
  all.y = output(call, 0, 3, (int64_t[]){all.batch, all.positions, all.channels});
  all.log_sums = output(call, 1, 3, (int64_t[]){all.batch, all.heads, all.positions});
  // Each unit packs all values, so a unit is a whole head unless these are few.
  int blocks = most(1, divided_up(all.positions, QUERIES));
  all.part = divided_up(blocks, divided_up(4 * team_size(), most(1, all.batch * all.heads))) * QUERIES;
  all.parts = divided_up(all.positions, all.part);
  run_units(attend, &all, all.batch * all.heads * all.parts);
}
