#pragma once
#include "op.h"
#include "vector.h"

// Philox 4x32-10, with the bits of core's philox.ts: four random words for each counter, COUNTERS of them at once.
// Salmon, Moraes, Dror, Shaw, Parallel random numbers: as easy as 1, 2, 3, SC 2011.

// A word of each counter. It is the low half of a lane, and the high half is any: then a product of low halves is one
// instruction.
enum { COUNTERS = LANES / 2 };
typedef uint64_t words __attribute__((vector_size(LANES * 4)));
static const uint64_t LOW = 0xffffffff;

#if __AVX512F__
#define COUNTING ((words){0, 1, 2, 3, 4, 5, 6, 7})
#define FIRST_PAIRS 0, 8, 1, 9, 2, 10, 3, 11
#define LAST_PAIRS 4, 12, 5, 13, 6, 14, 7, 15
#else
#define COUNTING ((words){0, 1, 2, 3})
#define FIRST_PAIRS 0, 4, 1, 5
#define LAST_PAIRS 2, 6, 3, 7
#endif

// Where random words are; core's type of this name.
typedef struct {
  uint32_t key[2];
  uint64_t counter;
} WordPlace;

// key0, key1, counter0, counter1
INLINE WordPlace word_place(Tensor given) {
  const uint32_t *part = (const uint32_t *)given.data;
  return (WordPlace){{part[0], part[1]}, part[2] | (uint64_t)part[3] << 32};
}

// The four words of a block, which are its counter at first, after all rounds.
INLINE void philox_rounds(const uint32_t key[2], words x[4]) {
  // The keys of all rounds are the same in each call; without a loop the compiler has them ready.
#pragma clang loop unroll(full)
  for (uint32_t round = 0; round < 10; round++) {
    words product0 = (x[0] & LOW) * 0xd2511f53, product2 = (x[2] & LOW) * 0xcd9e8d57;
    x[0] = product2 >> 32 ^ x[1] ^ (key[0] + round * 0x9e3779b9);
    x[1] = product2;
    x[2] = product0 >> 32 ^ x[3] ^ (key[1] + round * 0xbb67ae85);
    x[3] = product0;
  }
}

// The words of the counters from number `first` after the place on.
INLINE void philox(WordPlace place, int64_t first, words to[4]) {
  words counter = COUNTING + (place.counter + (uint64_t)first);
  to[0] = counter, to[1] = counter >> 32, to[2] = to[3] = (words){0};
  philox_rounds(place.key, to);
}

// a[0] b[0] a[1] b[1] and so on, in two vectors.
INLINE void interleave(words a, words b, words to[2]) {
  to[0] = __builtin_shufflevector(a, b, FIRST_PAIRS);
  to[1] = __builtin_shufflevector(a, b, LAST_PAIRS);
}
