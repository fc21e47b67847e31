#pragma once
#include "vector.h"

// Winograd's F(4,3) in one dimension: the vectors of Lavin and Gray, Fast Algorithms for Convolutional Neural Networks, at the
// points 0, p, -p, q, -q and infinity. With p = 5/8 and q = 3/2 results are about as exact as sums of products; with the
// usual 1 and 2 their errors are seven times as large. All these factors are exact but those of N.
#define P 0.625f
#define P2 0.390625f
#define P3 0.244140625f
#define Q 1.5f
#define Q2 2.25f
#define Q3 3.375f
// The products of a point's distances from the others, inverted.
#define N0 (1 / (P2 * Q2))
#define NP (1 / (2 * P2 * (P2 - Q2)))
#define NQ (1 / (2 * Q2 * (Q2 - P2)))

enum { POSITIONS = 36 };

// A line of the cache between positions: at distances of a power of two they would share a few lines of the cache.
enum { APART = 16 };

// B^T d: six pixels to six positions.
INLINE void inputs6(const vec d[6], vec to[6]) {
  to[0] = d[4] - (P2 + Q2) * d[2] + P2 * Q2 * d[0];
  vec even = d[4] - Q2 * d[2], odd = P * (d[3] - Q2 * d[1]);
  to[1] = even + odd;
  to[2] = even - odd;
  even = d[4] - P2 * d[2], odd = Q * (d[3] - P2 * d[1]);
  to[3] = even + odd;
  to[4] = even - odd;
  to[5] = d[5] - (P2 + Q2) * d[3] + P2 * Q2 * d[1];
}

// G g: three weights to six positions.
INLINE void filters6(const vec g[3], vec to[6]) {
  to[0] = N0 * g[0];
  vec even = NP * (g[0] + P2 * g[2]), odd = P * NP * g[1];
  to[1] = even + odd;
  to[2] = even - odd;
  even = NQ * (g[0] + Q2 * g[2]), odd = Q * NQ * g[1];
  to[3] = even + odd;
  to[4] = even - odd;
  to[5] = g[2];
}

// A^T m: six positions to four pixels.
INLINE void outputs4(const vec m[6], vec to[4]) {
  vec sum_p = m[1] + m[2], apart_p = m[1] - m[2], sum_q = m[3] + m[4], apart_q = m[3] - m[4];
  to[0] = m[0] + (sum_p + sum_q);
  to[1] = P * apart_p + Q * apart_q;
  to[2] = P2 * sum_p + Q2 * sum_q;
  to[3] = m[5] + P3 * apart_p + Q3 * apart_q;
}

// A d: the gradients of four pixels to six positions.
INLINE void gradients6(const vec d[4], vec to[6]) {
  to[0] = d[0];
  vec even = d[0] + P2 * d[2], odd = P * (d[1] + P2 * d[3]);
  to[1] = even + odd;
  to[2] = even - odd;
  even = d[0] + Q2 * d[2], odd = Q * (d[1] + Q2 * d[3]);
  to[3] = even + odd;
  to[4] = even - odd;
  to[5] = d[3];
}

// G^T m: six positions to the gradients of three weights.
INLINE void filters3(const vec m[6], vec to[3]) {
  vec sum_p = NP * (m[1] + m[2]), sum_q = NQ * (m[3] + m[4]);
  to[0] = N0 * m[0] + (sum_p + sum_q);
  to[1] = P * NP * (m[1] - m[2]) + Q * NQ * (m[3] - m[4]);
  to[2] = m[5] + P2 * sum_p + Q2 * sum_q;
}

// Images [B,H,W,C] in tiles of 4x4 pixels, which are numbered over rows, then images.
typedef struct {
  int height, width, across, each, count;
} Tiles;

INLINE Tiles tiles_of(int batch, int height, int width) {
  int across = divided_up(width, 4), each = divided_up(height, 4) * across;
  return (Tiles){height, width, across, each, batch * each};
}

typedef struct {
  int image, y, x;
} Place;

INLINE Place place_of(const Tiles *tiles, int tile) {
  int in = tile % tiles->each;
  return (Place){tile / tiles->each, in / tiles->across * 4, in % tiles->across * 4};
}

// Channels of the pixels of a square from row y and column x on; those outside the image are 0.
INLINE void read_square(const float *image, const Tiles *tiles, int channels, int y, int x, int side, vec pixels[]) {
  if (y >= 0 && x >= 0 && y + side <= tiles->height && x + side <= tiles->width) {
    const float *from = image + ((ptrdiff_t)y * tiles->width + x) * channels;
    for (int i = 0; i < side; i++)
      for (int j = 0; j < side; j++) pixels[i * side + j] = load(from + ((ptrdiff_t)i * tiles->width + j) * channels);
    return;
  }
  for (int i = 0; i < side; i++)
    for (int j = 0; j < side; j++) {
      int inside = y + i >= 0 && y + i < tiles->height && x + j >= 0 && x + j < tiles->width;
      pixels[i * side + j] =
          inside ? load(image + ((ptrdiff_t)(y + i) * tiles->width + (x + j)) * channels) : splat(0);
    }
}

// B^T d B of LANES channels of the 6x6 pixels around a tile; positions are `step` floats apart.
static void transform_input(const float *image, const Tiles *tiles, int channels, int y, int x, float *to, size_t step) {
  vec pixels[36], half[36];
  read_square(image, tiles, channels, y - 1, x - 1, 6, pixels);
  for (int j = 0; j < 6; j++) {
    vec column[6], done[6];
    for (int i = 0; i < 6; i++) column[i] = pixels[i * 6 + j];
    inputs6(column, done);
    for (int i = 0; i < 6; i++) half[i * 6 + j] = done[i];
  }
  for (int i = 0; i < 6; i++) {
    vec done[6];
    inputs6(half + i * 6, done);
    for (int j = 0; j < 6; j++) store(to + (i * 6 + j) * step, done[j]);
  }
}
