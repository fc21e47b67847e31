#include <string.h>

#include "convolution.h"
#include "products.h"
#include "team.h"
#include "transpose.h"

// Convolutions with 1x1 filters: products of matrices, of all pixels and the filter.

// So many pixels are a unit of work.
enum { UNIT_PIXELS = 96 };

typedef struct {
  Convolution conv;
  float *panels; // [panel][input][PANEL]
  int pixels;
} Pixels;

static void pack_panel(void *context, int panel, int thread) {
  (void)thread;
  const Pixels *all = context;
  const Convolution *conv = &all->conv;
  float *to = all->panels + (size_t)panel * conv->inputs * PANEL;
  int first = panel * PANEL, count = least(PANEL, conv->outputs - first);
  if (!conv->turned) {
    for (int input = 0; input < conv->inputs; input++, to += PANEL)
      memcpy(to, conv->filter + (size_t)input * conv->outputs + first, (size_t)count * sizeof(float));
    return;
  }
  for (int o = 0; o < count; o += LANES)
    for (int input = 0; input < conv->inputs; input += LANES)
      transpose(conv->filter + (size_t)(first + o) * conv->inputs + input, conv->inputs, to + input * PANEL + o, PANEL);
}

static void convolve_pixels(void *context, int unit, int thread) {
  (void)thread;
  const Pixels *all = context;
  const Convolution *conv = &all->conv;
  int first = unit * UNIT_PIXELS, count = least(UNIT_PIXELS, all->pixels - first);
  size_t at = (size_t)first * conv->outputs;
  for (int panel = 0; panel < conv->panels; panel++)
    multiply(conv->x + (size_t)first * conv->inputs, conv->inputs, all->panels + (size_t)panel * conv->inputs * PANEL, conv->inputs,
             0, conv->y + at + panel * PANEL, conv->outputs, count, vectors_of(conv->outputs, panel));
  if (!conv->bias && !conv->skip) return;
  for (int pixel = 0; pixel < count; pixel++)
    for (int o = 0; o < conv->outputs; o += LANES, at += LANES) {
      vec sum = load(conv->y + at);
      if (conv->bias) sum += load(conv->bias + o);
      if (conv->skip) sum = (sum + load(conv->skip + at)) * conv->scale;
      store(conv->y + at, sum);
    }
}

static void conv1x1(const Convolution *conv) {
  Pixels all = {.conv = *conv, .pixels = conv->batch * conv->height * conv->width};
  all.panels = shared((size_t)conv->panels * conv->inputs * PANEL);
  run_units(pack_panel, &all, conv->panels);
  run_units(convolve_pixels, &all, divided_up(all.pixels, UNIT_PIXELS));
}

// The filter's gradient: sums over some pixels are a unit of work. How many there are follows from the image alone, and they are
// added in their order, so the threads don't show in the bits.

enum { MOST_SUMS = 32, FEWEST_PIXELS = 256, PASS_PIXELS = 128 };

typedef struct {
  Gradient gradient;
  float *sums; // [unit][I][O]
  int pixels, units, unit_pixels;
} PixelGradient;

static void sum_pixels(void *context, int unit, int thread) {
  (void)thread;
  const PixelGradient *all = context;
  const Gradient *g = &all->gradient;
  int end = least((unit + 1) * all->unit_pixels, all->pixels);
  float *sums = all->sums + (size_t)unit * g->inputs * g->outputs;
  for (int start = unit * all->unit_pixels, first = start; start < end; start += PASS_PIXELS)
    multiply_outer(g->x + (size_t)start * g->inputs, g->inputs, g->dy + (size_t)start * g->outputs, g->outputs,
                   least(PASS_PIXELS, end - start), start > first, sums, g->inputs);
}

static void add_sums(void *context, int input, int thread) {
  (void)thread;
  const PixelGradient *all = context;
  const Gradient *g = &all->gradient;
  for (int o = 0; o < g->outputs; o += LANES) {
    const float *from = all->sums + (size_t)input * g->outputs + o;
    vec sum = load(from);
    for (int unit = 1; unit < all->units; unit++) sum += load(from += (size_t)g->inputs * g->outputs);
    store(g->filter + (size_t)input * g->outputs + o, sum);
  }
}

static void conv1x1_gradient(const Gradient *g) {
  PixelGradient all = {.gradient = *g, .pixels = g->batch * g->height * g->width};
  all.unit_pixels = most(FEWEST_PIXELS, divided_up(all.pixels, MOST_SUMS));
  all.units = divided_up(all.pixels, all.unit_pixels);
  all.sums = shared((size_t)all.units * g->inputs * g->outputs);
  run_units(sum_pixels, &all, all.units);
  run_units(add_sums, &all, g->inputs);
}
