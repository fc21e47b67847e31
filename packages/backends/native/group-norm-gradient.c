#include "group-norm.c"

// The gradients of group-norm.c. With u = (x - middle) rstd, f = gamma (1 + scale), dz the gradient of what silu gets,
// and for each sample and channel S = sum dz and T = sum dz u:
//
//   dshift = S, dscale = gamma T + beta S, dgamma = sum over the batch of (1 + scale) T, dbeta of (1 + scale) S,
//   dx = rstd (dz f - mean(dz f) - u mean(dz f u)), with means over the group

typedef struct {
  Norm norm;
  const float *mean, *rstd, *lines, *dy; // mean and rstd, or else lines
  float *dx, *dgamma, *dbeta, *dscale, *dshift, *doffset; // the last three are NULL where they are not wanted
  float *terms; // a sample's of dgamma, then of dbeta [B,2,C]
} NormGradient;

// For each channel the sums over a sample's pixels of dz and of dz (x - middle).
typedef struct {
  float *dz, *moment;
} NormSums;

// Adds some pixels to the sums, and leaves dz in dx's place if it is not dy.
INLINE void add_norm_slopes(const NormGradient *gradient, size_t from, int pixels, const NormLines *lines,
                            const NormSums *sums, int channel, int activate, int vectors) {
  const Norm *norm = &gradient->norm;
  vec sum[2], moment[2];
  for (int v = 0; v < vectors; v++) sum[v] = moment[v] = splat(0);
  for (int p = 0; p < pixels; p++)
    for (int v = 0; v < vectors; v++) {
      int c = channel + v * LANES;
      size_t at = from + (size_t)p * norm->channels + c;
      vec apart = load(norm->x + at) - load(lines->middle + c), dz = load(gradient->dy + at);
      if (activate) {
        dz *= silu_slope(apart * load(lines->slope + c) + load(lines->intercept + c));
        store(gradient->dx + at, dz);
      }
      sum[v] += dz;
      moment[v] += dz * apart;
    }
  for (int v = 0; v < vectors; v++) {
    int c = channel + v * LANES;
    store(sums->dz + c, load(sums->dz + c) + sum[v]);
    store(sums->moment + c, load(sums->moment + c) + moment[v]);
  }
}

INLINE void sum_norm_slopes(const NormGradient *gradient, NormPart part, const NormLines *lines, const NormSums *sums,
                            int activate) {
  const Norm *norm = &gradient->norm;
  for (int c = part.start; c < part.end; c++) sums->dz[c] = sums->moment[c] = 0;
  for (int p = 0; p < norm->pixels; p += NORM_TILE) {
    size_t from = part.pixels + (size_t)p * norm->channels;
    int pixels = least(NORM_TILE, norm->pixels - p), c = part.start;
    for (; c + 2 * LANES <= part.end; c += 2 * LANES)
      add_norm_slopes(gradient, from, pixels, lines, sums, c, activate, 2);
    for (; c < part.end; c += LANES) add_norm_slopes(gradient, from, pixels, lines, sums, c, activate, 1);
  }
}

static void read_norm_lines(const NormGradient *gradient, NormPart part, const NormLines *lines) {
  const Norm *norm = &gradient->norm;
  int size = norm->channels / norm->groups;
  for (int first = part.start; first < part.end; first += size)
    for (int c = first; c < first + size; c++) {
      const float *line = gradient->lines ? gradient->lines + 2 * (part.channels + c) : NULL;
      int group = part.sample * norm->groups + first / size;
      lines->middle[c] = line ? line[0] : gradient->mean[group];
      lines->rstd[c] = line ? line[1] : gradient->rstd[group];
    }
  complete_norm_lines(norm, part, lines);
}

// A sample's terms of the gradients of gamma and beta, and its gradients of scale and shift.
static void store_norm_sums(const NormGradient *gradient, NormPart part, const NormLines *lines, const NormSums *sums) {
  const Norm *norm = &gradient->norm;
  float *gamma_term = gradient->terms + 2 * part.channels, *beta_term = gamma_term + norm->channels;
  for (int c = part.start; c < part.end; c += LANES) {
    vec sum = load(sums->dz + c), unit_sum = load(sums->moment + c) * load(lines->rstd + c);
    vec gain = norm->scale ? 1 + load(norm->scale + part.channels + c) : splat(1);
    store(gamma_term + c, gain * unit_sum);
    store(beta_term + c, gain * sum);
    if (gradient->dshift) store(gradient->dshift + part.channels + c, sum);
    if (gradient->dscale)
      store(gradient->dscale + part.channels + c, load(norm->gamma + c) * unit_sum + load(norm->beta + c) * sum);
  }
}

static void norm_gradient_unit(void *context, int unit, int thread) {
  const NormGradient *gradient = context;
  const Norm *norm = &gradient->norm;
  NormPart part = norm_part(norm, unit);
  int channels = norm->channels, size = channels / norm->groups;
  double count = (double)norm->pixels * size;
  float *level = scratch(thread, 8 * (size_t)channels), *tilt = level + channels;
  NormSums sums = {tilt + channels, tilt + 2 * channels};
  NormLines lines = norm_lines_at(tilt + 3 * channels, channels);
  read_norm_lines(gradient, part, &lines);
  if (norm->activate) sum_norm_slopes(gradient, part, &lines, &sums, 1);
  else sum_norm_slopes(gradient, part, &lines, &sums, 0);
  store_norm_sums(gradient, part, &lines, &sums);

  // dx = dz slope - level - (x - middle) tilt
  for (int first = part.start; first < part.end; first += size) {
    double rstd = lines.rstd[first], total = 0, moment = 0;
    for (int c = first; c < first + size; c++) {
      total += (double)lines.slope[c] * sums.dz[c];
      moment += (double)lines.slope[c] * sums.moment[c];
    }
    for (int c = first; c < first + size; c++) {
      level[c] = (float)(total / count);
      tilt[c] = (float)(moment / count * rstd * rstd);
    }
  }
  const float *dz = norm->activate ? gradient->dx : gradient->dy;
  for (int p = 0; p < norm->pixels; p++)
    for (int c = part.start; c < part.end; c += LANES) {
      size_t at = part.pixels + (size_t)p * channels + c;
      vec apart = load(norm->x + at) - load(lines.middle + c);
      store(gradient->dx + at, load(dz + at) * load(lines.slope + c) - load(level + c) - apart * load(tilt + c));
    }
  // The offset moves all pixels of its channel.
  if (gradient->doffset)
    sum_norm_pixels(norm, part, gradient->dx + part.pixels, NULL, gradient->doffset + part.channels);
}

// A block of dgamma and dbeta, from the samples' terms in the order of the samples.
static void sum_norm_samples(void *context, int block, int thread) {
  (void)thread;
  const NormGradient *gradient = context;
  const Norm *norm = &gradient->norm;
  double gamma[BLOCK] = {0}, beta[BLOCK] = {0};
  for (int sample = 0; sample < norm->batch; sample++) {
    const float *term = gradient->terms + 2 * (size_t)sample * norm->channels + block * BLOCK;
    for (int i = 0; i < BLOCK; i++) gamma[i] += term[i];
    for (int i = 0; i < BLOCK; i++) beta[i] += term[norm->channels + i];
  }
  for (int i = 0; i < BLOCK; i++) {
    gradient->dgamma[block * BLOCK + i] = (float)gamma[i];
    gradient->dbeta[block * BLOCK + i] = (float)beta[i];
  }
}

static NormGradient norm_gradient_of(Call *call) {
  Tensor x = input(call, 0);
  NormGradient gradient = {.norm = norm_of(call, x, (int)attribute(call, 0), (int)attribute(call, 1))};
  const Norm *norm = &gradient.norm;
  gradient.dx = output(call, 0, 4, x.sides);
  gradient.dgamma = output(call, 1, 1, (int64_t[]){norm->channels});
  gradient.dbeta = output(call, 2, 1, (int64_t[]){norm->channels});
  gradient.terms = shared((size_t)norm->batch * 2 * norm->channels);
  return gradient;
}

static void run_norm_gradient(NormGradient *gradient) {
  const Norm *norm = &gradient->norm;
  run_units(norm_gradient_unit, gradient, norm->batch * norm->parts);
  run_units(sum_norm_samples, gradient, norm->channels / BLOCK);
}

// The gradient of an input [B,C] that may not be given.
static float *gradient_of_given(Call *call, int place, Tensor input) {
  float *numbers = input.size ? output(call, place, 2, input.sides) : output(call, place, 1, (int64_t[]){0});
  return input.size ? numbers : NULL;
}

// x [B,H,W,C], gamma [C], beta [C], scale and shift [B,C] or none, mean and rstd [B,groups], dy [B,H,W,C]: the
// gradients of the first five
static void group_norm_gradient(Call *call) {
  NormGradient gradient = norm_gradient_of(call);
  Tensor scale = input(call, 3), shift = input(call, 4);
  gradient.norm.scale = scale.size ? scale.data : NULL;
  gradient.norm.shift = shift.size ? shift.data : NULL;
  gradient.mean = input(call, 5).data;
  gradient.rstd = input(call, 6).data;
  gradient.dy = input(call, 7).data;
  gradient.dscale = gradient_of_given(call, 3, scale);
  gradient.dshift = gradient_of_given(call, 4, shift);
  run_norm_gradient(&gradient);
}

// x [B,H,W,C], gamma [C], beta [C], lines [B,C,2], dy [B,H,W,C]: the gradients of x, gamma, beta and the offset
static void group_norm_offset_gradient(Call *call) {
  NormGradient gradient = norm_gradient_of(call);
  const Norm *norm = &gradient.norm;
  gradient.lines = input(call, 3).data;
  gradient.dy = input(call, 4).data;
  gradient.doffset = output(call, 3, 2, (int64_t[]){norm->batch, norm->channels});
  run_norm_gradient(&gradient);
}
