#pragma once
#include <stddef.h>
#include <stdint.h>

// Numbers of neighbouring channels, as many as an instruction takes.
#if __AVX512F__
enum { LANES = 16 };
#else
enum { LANES = 8 };
#endif

typedef float vec __attribute__((vector_size(LANES * 4)));
typedef int32_t ivec __attribute__((vector_size(LANES * 4)));
typedef vec unaligned_vec __attribute__((aligned(4)));

#define INLINE static inline __attribute__((always_inline))

// All kernels take channels in such blocks, on all processors.
enum { BLOCK = 16 };

INLINE vec load(const float *from) { return *(const unaligned_vec *)from; }
INLINE void store(float *to, vec value) { *(unaligned_vec *)to = value; }
// Not 0 + value, which a compiler must compute: for -0 it is another number.
INLINE vec splat(float value) { return value - (vec){0}; }
INLINE int least(int a, int b) { return a < b ? a : b; }
INLINE int most(int a, int b) { return a > b ? a : b; }
INLINE int divided_up(int a, int b) { return (a + b - 1) / b; }
