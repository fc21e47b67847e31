#pragma once
#include <stdint.h>

// What a kernel of this folder sees of TensorFlow: the inputs and outputs of one call, by their places.

typedef struct {
  const float *data; // or 32-bit integers
  int rank;
  int64_t sides[6];
  int64_t size; // how many numbers; an input without any stands for one that is not given
} Tensor;

typedef struct Call Call;

Tensor input(Call *, int place);

// The numbers of a new output.
float *output(Call *, int place, int rank, const int64_t *sides);

// Attributes in the order of the operation's description.
double attribute(const Call *, int place);
int input_count(Call *);

// An operation of TensorFlow: its parts in the form of TensorFlow's registry ("x: float", "groups: int"), ended by NULL.
typedef struct {
  const char *name;
  const char *inputs[10], *attributes[6], *outputs[6];
  void (*compute)(Call *);
} Op;
