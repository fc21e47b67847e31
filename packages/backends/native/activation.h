#pragma once
#include "vector.h"

// `yes` in the lanes where the mask is -1, `no` where it is 0.
INLINE vec chosen(ivec mask, vec yes, vec no) { return (vec)((mask & (ivec)yes) | (~mask & (ivec)no)); }

// e^x for x up to 88: 2^k e^r with |r| up to ln(2)/2, and e^r by the polynomial of Cephes's expf. It is right to about
// one unit in the last place. From about -87.7 down it is 0. A NaN stays a NaN.
INLINE vec exponential(vec x) {
  x = chosen(x < splat(-88), splat(-88), x);
  // Adding 1.5 2^23 + 127 rounds to an integer and leaves the exponent of 2^k in the low bits.
  vec magic = splat(12583039), sum = x * 1.44269504f + magic, k = sum - magic;
  vec power = (vec)((ivec)sum << 23);
  vec r = k * 2.12194440e-4f + (x - k * 0.693359375f);
  vec y = r * 1.9875691500e-4f + 1.3981999507e-3f;
  y = y * r + 8.3334519073e-3f;
  y = y * r + 4.1665795894e-2f;
  y = y * r + 1.6666665459e-1f;
  y = y * r + 5.0000001201e-1f;
  return (y * (r * r) + r + 1) * power;
}

INLINE vec minus_absolute(vec z) { return (vec)((ivec)z | INT32_MIN); }

// z sigmoid(z). With e = exp(-|z|), sigmoid(z) is 1 / (1 + e) or e / (1 + e), so nothing overflows or cancels.
INLINE vec silu(vec z) {
  vec e = exponential(minus_absolute(z));
  return chosen(z < 0, z * e, z) / (1 + e);
}

// d silu / dz = s (1 + z (1 - s)), s = sigmoid(z).
INLINE vec silu_slope(vec z) {
  vec e = exponential(minus_absolute(z));
  vec large = 1 / (1 + e), small = e * large;
  ivec negative = z < 0;
  return chosen(negative, small, large) * (1 + z * chosen(negative, large, small));
}
