#pragma once
#include <math.h>

#include "activation.h"
#include "op.h"
#include "team.h"

// Group normalisation (Wu and He, arXiv 1803.08494) with its affine part, modulation and silu. A unit of work is a
// sample, which stays in a core's cache for all passes over it; where samples are few, it is a part of a sample's
// channels.

typedef struct {
  const float *x, *gamma, *beta, *scale, *shift; // [B,H,W,C], [C], [C], [B,C] or NULL, [B,C] or NULL
  int batch, pixels, channels, groups, activate;
  int width, parts; // a unit's channels, and how many units a sample has
} Norm;

// Parts are whole groups and whole blocks. A channel's numbers are the same in whichever part it is.
static Norm norm_of(Call *call, Tensor x, int groups, int activate) {
  Norm norm = {.x = x.data, .gamma = input(call, 1).data, .beta = input(call, 2).data, .groups = groups};
  norm.batch = (int)x.sides[0];
  norm.pixels = (int)(x.sides[1] * x.sides[2]);
  norm.channels = (int)x.sides[3];
  norm.activate = activate;
  int narrowest = norm.channels / groups;
  while (narrowest % BLOCK) narrowest *= 2;
  int most_parts = norm.channels / narrowest, wanted = divided_up(4 * team_size(), most(1, norm.batch));
  norm.width = divided_up(most_parts, least(wanted, most_parts)) * narrowest;
  norm.parts = divided_up(norm.channels, norm.width);
  return norm;
}

// A unit's sample and channels, and where the sample begins in tensors [B,H,W,C] and [B,C].
typedef struct {
  int sample, start, end;
  size_t pixels, channels;
} NormPart;

INLINE NormPart norm_part(const Norm *norm, int unit) {
  int sample = unit / norm->parts, start = unit % norm->parts * norm->width;
  size_t channels = (size_t)sample * norm->channels;
  return (NormPart){sample, start, least(start + norm->width, norm->channels), channels * norm->pixels, channels};
}

// So many pixels are added up before their sum is added to that of the others.
enum { NORM_TILE = 16 };

INLINE void add_norm_tile(const float *x, int step, int pixels, const float *middle, float *sums, int vectors) {
  vec total[4];
  for (int v = 0; v < vectors; v++) total[v] = splat(0);
  for (int p = 0; p < pixels; p++)
    for (int v = 0; v < vectors; v++) {
      vec value = load(x + (size_t)p * step + v * LANES);
      if (middle) value -= load(middle + v * LANES);
      total[v] += middle ? value * value : value;
    }
  for (int v = 0; v < vectors; v++) store(sums + v * LANES, load(sums + v * LANES) + total[v]);
}

// For each channel the sum over a sample's pixels of x, or of (x - middle)^2 where there is a middle.
static void sum_norm_pixels(const Norm *norm, NormPart part, const float *x, const float *middle, float *sums) {
  for (int c = part.start; c < part.end; c++) sums[c] = 0;
  for (int p = 0; p < norm->pixels; p += NORM_TILE) {
    const float *from = x + (size_t)p * norm->channels;
    int pixels = least(NORM_TILE, norm->pixels - p), c = part.start;
    for (; c + 4 * LANES <= part.end; c += 4 * LANES)
      add_norm_tile(from + c, norm->channels, pixels, middle ? middle + c : NULL, sums + c, 4);
    for (; c < part.end; c += LANES)
      add_norm_tile(from + c, norm->channels, pixels, middle ? middle + c : NULL, sums + c, 1);
  }
}

// With these numbers of its channels [C], a sample's outputs are silu((x - middle) slope + intercept).
typedef struct {
  float *middle, *rstd, *slope, *intercept;
} NormLines;

static NormLines norm_lines_at(float *from, int channels) {
  return (NormLines){from, from + channels, from + 2 * channels, from + 3 * channels};
}

// The affine part and the modulation in one: ((x - middle) rstd gamma + beta) (1 + scale) + shift.
static void complete_norm_lines(const Norm *norm, NormPart part, const NormLines *lines) {
  for (int c = part.start; c < part.end; c += LANES) {
    vec slope = load(lines->rstd + c) * load(norm->gamma + c), intercept = load(norm->beta + c);
    if (norm->scale) {
      vec gain = 1 + load(norm->scale + part.channels + c);
      slope *= gain;
      intercept *= gain;
    }
    if (norm->shift) intercept += load(norm->shift + part.channels + c);
    store(lines->slope + c, slope);
    store(lines->intercept + c, intercept);
  }
}

typedef struct {
  Norm norm;
  const float *offset; // [B,C] or NULL
  double epsilon;
  float *y, *mean, *rstd, *lines; // mean and rstd [B,groups], or else lines [B,C,2]
} NormForward;

INLINE void apply_norm(const Norm *norm, NormPart part, const NormLines *lines, float *y, int activate) {
  for (int p = 0; p < norm->pixels; p++)
    for (int c = part.start; c < part.end; c += LANES) {
      size_t at = part.pixels + (size_t)p * norm->channels + c;
      vec apart = load(norm->x + at) - load(lines->middle + c);
      vec z = apart * load(lines->slope + c) + load(lines->intercept + c);
      store(y + at, activate ? silu(z) : z);
    }
}

static void norm_unit(void *context, int unit, int thread) {
  const NormForward *forward = context;
  const Norm *norm = &forward->norm;
  NormPart part = norm_part(norm, unit);
  int size = norm->channels / norm->groups;
  double count = (double)norm->pixels * size;
  float *sums = scratch(thread, 5 * (size_t)norm->channels);
  NormLines lines = norm_lines_at(sums + norm->channels, norm->channels);
  const float *x = norm->x + part.pixels, *offset = forward->offset ? forward->offset + part.channels : NULL;

  sum_norm_pixels(norm, part, x, NULL, sums);
  for (int first = part.start; first < part.end; first += size) {
    double total = 0;
    for (int c = first; c < first + size; c++) total += offset ? sums[c] + (double)norm->pixels * offset[c] : sums[c];
    for (int c = first; c < first + size; c++) lines.middle[c] = (float)(total / count - (offset ? offset[c] : 0));
  }
  sum_norm_pixels(norm, part, x, lines.middle, sums);
  for (int first = part.start; first < part.end; first += size) {
    double total = 0;
    for (int c = first; c < first + size; c++) total += sums[c];
    float rstd = (float)(1 / sqrt(total / count + forward->epsilon));
    for (int c = first; c < first + size; c++) lines.rstd[c] = rstd;
  }
  complete_norm_lines(norm, part, &lines);
  if (norm->activate) apply_norm(norm, part, &lines, forward->y, 1);
  else apply_norm(norm, part, &lines, forward->y, 0);

  if (forward->lines)
    for (int c = part.start; c < part.end; c++) {
      float *line = forward->lines + 2 * (part.channels + c);
      line[0] = lines.middle[c];
      line[1] = lines.rstd[c];
    }
  else
    for (int c = part.start; c < part.end; c += size) {
      int group = part.sample * norm->groups + c / size;
      forward->mean[group] = lines.middle[c];
      forward->rstd[group] = lines.rstd[c];
    }
}

static NormForward norm_forward_of(Call *call) {
  Tensor x = input(call, 0);
  NormForward forward = {.norm = norm_of(call, x, (int)attribute(call, 0), (int)attribute(call, 2))};
  forward.epsilon = attribute(call, 1);
  forward.y = output(call, 0, 4, x.sides);
  return forward;
}

// x [B,H,W,C], gamma [C], beta [C], scale and shift [B,C] or none: y [B,H,W,C], mean and rstd [B,groups]
static void group_norm(Call *call) {
  NormForward forward = norm_forward_of(call);
  Norm *norm = &forward.norm;
  Tensor scale = input(call, 3), shift = input(call, 4);
  norm->scale = scale.size ? scale.data : NULL;
  norm->shift = shift.size ? shift.data : NULL;
  forward.mean = output(call, 1, 2, (int64_t[]){norm->batch, norm->groups});
  forward.rstd = output(call, 2, 2, (int64_t[]){norm->batch, norm->groups});
  run_units(norm_unit, &forward, norm->batch * norm->parts);
}

// The norm of x + offset. x [B,H,W,C], gamma [C], beta [C], offset [B,C]: y [B,H,W,C], and lines [B,C,2]: what the norm
// makes of x in each channel is (x - line[0]) line[1].
static void group_norm_offset(Call *call) {
  NormForward forward = norm_forward_of(call);
  const Norm *norm = &forward.norm;
  forward.offset = input(call, 3).data;
  forward.lines = output(call, 1, 3, (int64_t[]){norm->batch, norm->channels, 2});
  run_units(norm_unit, &forward, norm->batch * norm->parts);
}
