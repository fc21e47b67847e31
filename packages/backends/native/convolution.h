#pragma once
#include "vector.h"

// A convolution with stride 1 that keeps the size of the image. Inputs and outputs are multiples of BLOCK.
typedef struct {
  const float *x, *filter; // [B,H,W,I]; [h,w,I,O], or [h,w,O,I] in reverse order if it is turned
  const float *bias, *skip; // or NULL
  float *y;
  int batch, height, width, inputs, outputs, panels, turned;
  float scale; // of the sum with skip
} Convolution;

// Its gradients.
typedef struct {
  const float *x, *dy;
  float *filter, *bias;
  int batch, height, width, inputs, outputs;
} Gradient;
