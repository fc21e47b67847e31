#include "attention.c"

// The gradient of attention. With p = exp(score - log_sum) and s the slope of a score,
//
//   s = p (dy v^T - dy y^T) / sqrt(width),   dq = s k,   dk = s^T q,   dv = p^T dy
//
// A unit of work is a head of a sample, which adds up dk and dv over its blocks of queries in their order.

typedef struct {
  Attention attention;
  const float *y, *log_sums, *dy;
  float *dqkv;
} AttentionGradient;

// The sums of dy y of LANES queries, of which `count` are there, each of BLOCK partial sums.
INLINE vec mean_slopes(const float *dy, const float *y, size_t step, int count, int width) {
  enum { VECTORS = BLOCK / LANES };
  float sums[VECTORS][LANES * LANES] = {0}, turned[LANES * LANES];
  for (int i = 0; i < least(LANES, count); i++, dy += step, y += step) {
    vec partial[VECTORS] = {0};
    for (int c = 0; c < width; c += BLOCK)
      for (int j = 0; j < VECTORS; j++) partial[j] += load(dy + c + j * LANES) * load(y + c + j * LANES);
    for (int j = 0; j < VECTORS; j++) store(sums[j] + i * LANES, partial[j]);
  }
  vec sum = splat(0);
  for (int j = 0; j < VECTORS; j++) {
    transpose(sums[j], LANES, turned, LANES);
    for (int i = 0; i < LANES; i++) sum += load(turned + i * LANES);
  }
  return sum;
}

// Replaces the scores of LANES queries by p, and dy v^T by s.
INLINE void slopes_of(float *scores, float *slopes, int keys, float scale, vec log_sum, vec mean) {
  for (size_t at = 0; at < (size_t)keys * QUERIES; at += QUERIES) {
    vec weight = exponential(load(scores + at) * scale - log_sum);
    store(scores + at, weight);
    store(slopes + at, weight * (load(slopes + at) - mean) * scale);
  }
}

static void attend_gradient(void *context, int head, int thread) {
  const AttentionGradient *gradient = context;
  const Attention *all = &gradient->attention;
  int keys = all->positions, width = all->width;
  size_t step = all->step, channels = (size_t)all->channels, at = head_place(all, head, step);
  const float *q = all->qkv + at, *k = q + channels, *v = k + channels;
  float *dq = gradient->dqkv + at, *dk = dq + channels, *dv = dk + channels;
  at = head_place(all, head, channels);
  const float *y = gradient->y + at, *dy = gradient->dy + at, *log_sums = gradient->log_sums + (size_t)head * keys;

  size_t panel_floats = (size_t)keys * PANEL, score_floats = (size_t)keys * QUERIES;
  int block_floats = all->panels * PANEL * QUERIES;
  float *packed_k = scratch(thread, all->panels * panel_floats + 2 * score_floats + 4 * block_floats + QUERIES * PANEL);
  float *scores = packed_k + all->panels * panel_floats, *slopes = scores + score_floats;
  float *turned_q = slopes + score_floats, *turned_dy = turned_q + block_floats;
  float *packed_q = turned_dy + block_floats, *packed_dy = packed_q + block_floats;
  float *products = packed_dy + block_floats;

  pack_rows(k, step, keys, width, packed_k);
  for (int first = 0; first < keys; first += QUERIES) {
    int queries = least(QUERIES, keys - first);
    const float *block_q = q + first * step, *block_dy = dy + first * channels, *block_y = y + first * channels;
    pack_turned(block_q, step, queries, width, turned_q);
    pack_turned(block_dy, channels, queries, width, turned_dy);
    pack_rows(block_q, step, queries, width, packed_q);
    pack_rows(block_dy, channels, queries, width, packed_dy);
    multiply_block(all, k, turned_q, queries, scores);
    multiply_block(all, v, turned_dy, queries, slopes);
    float logs[QUERIES] = {0};
    memcpy(logs, log_sums + first, (size_t)queries * sizeof(float));
    for (int i = 0; i < queries; i += LANES)
      slopes_of(scores + i, slopes + i, keys, all->scale, load(logs + i),
                mean_slopes(block_dy + i * channels, block_y + i * channels, channels, queries - i, width));
    for (int panel = 0; panel < all->panels; panel++) {
      int c = panel * PANEL, vectors = vectors_of(width, panel);
      size_t weights = (size_t)c * queries;
      multiply(scores, QUERIES, packed_dy + weights, queries, first > 0, dv + c, step, keys, vectors);
      multiply(slopes, QUERIES, packed_q + weights, queries, first > 0, dk + c, step, keys, vectors);
      multiply_outer(slopes, QUERIES, packed_k + panel * panel_floats, PANEL, keys, 0, products,
                     whole(queries, INPUT_ROWS));
      for (int i = 0; i < queries; i++)
        for (int lane = 0; lane < vectors * LANES; lane += LANES)
          store(dq + (first + i) * step + c + lane, load(products + i * PANEL + lane));
    }
  }
}

// qkv [B,N,3C], y [B,N,C], log_sums [B,heads,N], dy [B,N,C]: dqkv [B,N,3C]
static void attention_gradient(Call *call) {
  AttentionGradient gradient = {.attention = attention_of(call), .y = input(call, 1).data};
  gradient.log_sums = input(call, 2).data;
  gradient.dy = input(call, 3).data;
  Attention *all = &gradient.attention;
  gradient.dqkv = output(call, 0, 3, (int64_t[]){all->batch, all->positions, 3 * all->channels});
  run_units(attend_gradient, &gradient, all->batch * all->heads);
}
