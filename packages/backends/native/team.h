#pragma once
#include <stddef.h>

// Threads that share the units of a kernel's work. Which thread has which unit is left to chance, so a unit's results must
// not depend on it: then they are the same bits on any number of threads.

typedef void (*Unit)(void *context, int unit, int thread);

// One kernel at a time: TensorFlow may run several at once.
void team_enter(void);
void team_leave(void);

int team_size(void);
void run_units(Unit, void *context, int units);

// Memory of a thread, or what all share, until the kernel ends. It is kept for the next kernel, so its numbers are any.
float *scratch(int thread, size_t floats);
float *shared(size_t floats);
