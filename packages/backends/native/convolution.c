#include "conv1x1.c"
#include "conv3x3-gradient.c"
#include "conv3x3.c"
#include "op.h"

// x [B,H,W,I], filter [h,w,I,O], or [h,w,O,I] if it is turned, bias [O] or none, skip [B,H,W,O] or none: y [B,H,W,O]
static void convolution(Call *call) {
  Tensor x = input(call, 0), filter = input(call, 1), bias = input(call, 2), skip = input(call, 3);
  Convolution conv = {.x = x.data, .filter = filter.data};
  conv.bias = bias.size ? bias.data : NULL;
  conv.skip = skip.size ? skip.data : NULL;
  conv.turned = (int)attribute(call, 0);
  conv.scale = (float)attribute(call, 1);
  conv.batch = (int)x.sides[0], conv.height = (int)x.sides[1], conv.width = (int)x.sides[2], conv.inputs = (int)x.sides[3];
  conv.outputs = (int)filter.sides[conv.turned ? 2 : 3];
  conv.panels = divided_up(conv.outputs, PANEL);
  conv.y = output(call, 0, 4, (int64_t[]){conv.batch, conv.height, conv.width, conv.outputs});
  filter.sides[0] == 3 ? conv3x3(&conv) : conv1x1(&conv);
}

// The bias's gradient of LANES outputs. Sums of a row of pixels first, then of all rows: so they round less.
static void sum_slopes(void *context, int unit, int thread) {
  (void)thread;
  const Gradient *g = context;
  const float *from = g->dy + unit * LANES;
  vec sum = splat(0);
  for (int y = 0; y < g->batch * g->height; y++) {
    vec row = splat(0);
    for (int x = 0; x < g->width; x++, from += g->outputs) row += load(from);
    sum += row;
  }
  store(g->bias + unit * LANES, sum);
}

// x [B,H,W,I], dy [B,H,W,O]: the gradients of filter [side,side,I,O] and bias [O]
static void convolution_gradient(Call *call) {
  Tensor x = input(call, 0), dy = input(call, 1);
  int side = (int)attribute(call, 0);
  Gradient g = {.x = x.data, .dy = dy.data};
  g.batch = (int)x.sides[0], g.height = (int)x.sides[1], g.width = (int)x.sides[2], g.inputs = (int)x.sides[3];
  g.outputs = (int)dy.sides[3];
  g.filter = output(call, 0, 4, (int64_t[]){side, side, g.inputs, g.outputs});
  g.bias = output(call, 1, 1, (int64_t[]){g.outputs});
  side == 3 ? conv3x3_gradient(&g) : conv1x1_gradient(&g);
  run_units(sum_slopes, &g, g.outputs / LANES);
}
