import { numpyRng, pcg64 } from '@rectified-flow/core'
import { exact, expectClose } from '@rectified-flow/tools/matchers'
import { describe, expect, it } from 'vitest'

// Expected: NumPy 2.4.6, g = lambda: np.random.default_rng(5).
describe('numpyRng', () => {
  const g = () => numpyRng(5)

  it('draws float32 numbers', async () => {
    // g().random(5, dtype=np.float32), g().standard_normal(5, dtype=np.float32)
    const uniform = [
      0.6707900166511536, 0.8050028681755066, 0.022653162479400635, 0.8079407811164856, 0.46885186433792114,
    ]
    const normal = [
      -1.2224977016448975, -2.138315439224243, -0.06472305208444595, -0.705551266670227, -0.9497596025466919,
    ]
    await expectClose(g().random32(5), uniform, exact)
    await expectClose(g().standardNormal32(5), normal, exact)
  })

  it('draws integers below any bound', async () => {
    // g().integers(1000, size=6), g().integers(3000000001, size=3), g().integers(2**32, size=3)
    await expectClose(g().integers(6, 1000), [670, 805, 22, 807, 468, 515], exact)
    await expectClose(g().integers(3, 3000000001), [2012370167, 2415008771, 67959658], exact)
    await expectClose(g().integers(3, 2 ** 32), [2881021352, 3457461230, 97294837], exact)
    await expectClose(g().integers(3, 1), [0, 0, 0], exact)
  })

  it('shuffles', async () => {
    // g().permutation(12)
    await expectClose(g().permutation(12), [9, 11, 1, 3, 2, 4, 6, 7, 0, 10, 5, 8], exact)
    await expectClose(g().permutation(0), [], exact)
  })

  it('keeps half of a 64-bit output for the next 32-bit draw, also after a 64-bit draw', async () => {
    // r = g(); r.integers(10, size=3), r.random(), r.integers(10, size=3)
    const rng = g()
    await expectClose(rng.integers(3, 10), [6, 8, 0], exact)
    await expectClose(rng.random(1), [0.515325561042142], exact)
    await expectClose(rng.integers(3, 10), [8, 6, 2], exact)
  })

  it('draws the numbers of the tails', async () => {
    // a = g().standard_normal(17500); a[abs(a) > 3.6541528853610088]
    const tails = g()
      .standardNormal(17500)
      .filter(z => Math.abs(z) > 3.6541528853610088)
    await expectClose(tails, [-3.7490405530339643, 3.7545904553479095, -4.023889287038275], exact)
  })

  it('takes seeds of any size and the children of a seed', async () => {
    // np.random.default_rng(2**100 + 5).random(2); SeedSequence(5).spawn(2), Generator(PCG64(child)).random()
    await expectClose(numpyRng(2n ** 100n + 5n).random(2), [0.5833282740724133, 0.14084883939374615], exact)
    await expectClose(numpyRng(5, { spawnKey: [0] }).random(1), [0.4031184756244418], exact)
    await expectClose(numpyRng(5, { spawnKey: [1] }).random(1), [0.2531538239071238], exact)
  })

  it('goes on from its state', async () => {
    const rng = g()
    rng.standardNormal(100)
    const copy = pcg64(rng.state())
    await expectClose(copy.standardNormal(100), rng.standardNormal(100), exact)
    expect(copy.state()).toEqual(rng.state())
  })

  it('says what is wrong', () => {
    const error = (body: () => unknown, message: string) => expect(body).toThrow(new RangeError(message))
    error(() => numpyRng(-1), 'core.numpyRng: seed must be an integer in [0, 9007199254740991], got -1.')
    error(() => numpyRng(-1n), 'core.numpyRng: seed must be an integer >= 0, got -1.')
    error(
      () => numpyRng(1, { spawnKey: [0.5] }),
      'core.numpyRng: spawnKey[0] must be an integer in [0, 9007199254740991], got 0.5.',
    )
    error(() => g().random(-1), 'core.NumpyRng.random: n must be an integer >= 0, got -1.')
    error(
      () => g().integers(1, 0),
      'core.NumpyRng.integers: below must be an integer in [1, 4294967296], got 0.',
    )
    error(() => pcg64(new Uint8Array(31)), 'core.pcg64: state must have 32 bytes, got 31.')
    error(() => pcg64(new Uint8Array(32)), 'core.pcg64: state must have an odd increment, got an even one.')
    expect(() => pcg64('state' as never)).toThrow(
      new TypeError("core.pcg64: state must be a Uint8Array, got 'state'."),
    )
  })
})
