import { readPth } from '@rectified-flow/checkpoints'
import { describe, expect, it } from 'vitest'
import { call, dict, global, int, legacyPth, list, object, tensor, text, tuple } from './pickle-text.js'

const names = async (value: string) => [...(await readPth(legacyPth(value))).keys()]

/** Python values, and pickle.dumps(value, 2) without its first two bytes and its last one (Python 3.11, NumPy 2.4). */
const values: [string, string][] = [
  [
    '1 + 2j',
    'c__builtin__\ncomplex\nq\x00G?\xf0\x00\x00\x00\x00\x00\x00G@\x00\x00\x00\x00\x00\x00\x00\x86q\x01Rq\x02',
  ],
  [
    "bytearray(b'abc')",
    'c__builtin__\nbytearray\nq\x00c_codecs\nencode\nq\x01X\x03\x00\x00\x00abcq\x02X\x06\x00\x00\x00latin1q\x03\x86q\x04Rq\x05\x85q\x06Rq\x07',
  ],
  [
    "b'\\xff'",
    'c_codecs\nencode\nq\x00X\x02\x00\x00\x00\xc3\xbfq\x01X\x06\x00\x00\x00latin1q\x02\x86q\x03Rq\x04',
  ],
  ["b''", 'c__builtin__\nbytes\nq\x00)Rq\x01'],
  ['slice(1, 2)', 'c__builtin__\nslice\nq\x00K\x01K\x02N\x87q\x01Rq\x02'],
  ['range(5)', 'c__builtin__\nxrange\nq\x00K\x00K\x05K\x01\x87q\x01Rq\x02'],
  ['frozenset([1])', 'c__builtin__\nfrozenset\nq\x00]q\x01K\x01a\x85q\x02Rq\x03'],
  ['{1, 2}', 'c__builtin__\nset\nq\x00]q\x01(K\x01K\x02e\x85q\x02Rq\x03'],
  [
    "collections.Counter('aab')",
    'ccollections\nCounter\nq\x00}q\x01(X\x01\x00\x00\x00aq\x02K\x02X\x01\x00\x00\x00bq\x03K\x01u\x85q\x04Rq\x05',
  ],
  [
    'collections.defaultdict(list, a=[1])',
    'ccollections\ndefaultdict\nq\x00c__builtin__\nlist\nq\x01\x85q\x02Rq\x03X\x01\x00\x00\x00aq\x04]q\x05K\x01as',
  ],
  ['collections.deque([1], maxlen=5)', 'ccollections\ndeque\nq\x00)K\x05\x86q\x01Rq\x02K\x01a'],
  [
    "collections.ChainMap({'a': 1})",
    'ccollections\nChainMap\nq\x00)\x81q\x01}q\x02X\x04\x00\x00\x00mapsq\x03]q\x04}q\x05X\x01\x00\x00\x00aq\x06K\x01sasb',
  ],
  ['argparse.Namespace(lr=1)', 'cargparse\nNamespace\nq\x00)\x81q\x01}q\x02X\x02\x00\x00\x00lrq\x03K\x01sb'],
  [
    'functools.partial(int, base=2)',
    'cfunctools\npartial\nq\x00c__builtin__\nlong\nq\x01\x85q\x02Rq\x03(h\x01)}q\x04X\x04\x00\x00\x00baseq\x05K\x02sNtq\x06b',
  ],
  [
    'datetime.datetime(2020, 1, 2)',
    'cdatetime\ndatetime\nq\x00c_codecs\nencode\nq\x01X\x0b\x00\x00\x00\x07\xc3\xa4\x01\x02\x00\x00\x00\x00\x00\x00q\x02X\x06\x00\x00\x00latin1q\x03\x86q\x04Rq\x05\x85q\x06Rq\x07',
  ],
  ['datetime.timedelta(1)', 'cdatetime\ntimedelta\nq\x00K\x01K\x00K\x00\x87q\x01Rq\x02'],
  [
    'datetime.timezone.utc',
    'cdatetime\ntimezone\nq\x00cdatetime\ntimedelta\nq\x01K\x00K\x00K\x00\x87q\x02Rq\x03\x85q\x04Rq\x05',
  ],
  [
    "pathlib.PurePosixPath('/a/b')",
    'cpathlib\nPurePosixPath\nq\x00X\x01\x00\x00\x00/q\x01X\x01\x00\x00\x00aq\x02X\x01\x00\x00\x00bq\x03\x87q\x04Rq\x05',
  ],
  [
    "pathlib.PureWindowsPath('c:/x')",
    'cpathlib\nPureWindowsPath\nq\x00X\x03\x00\x00\x00c:\\q\x01X\x01\x00\x00\x00xq\x02\x86q\x03Rq\x04',
  ],
  [
    'np.float32(1)',
    'cnumpy._core.multiarray\nscalar\nq\x00cnumpy\ndtype\nq\x01X\x02\x00\x00\x00f4q\x02\x89\x88\x87q\x03Rq\x04(K\x03X\x01\x00\x00\x00<q\x05NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tq\x06bc_codecs\nencode\nq\x07X\x05\x00\x00\x00\x00\x00\xc2\x80?q\x08X\x06\x00\x00\x00latin1q\x09\x86q\nRq\x0b\x86q\x0cRq\x0d',
  ],
  [
    'np.bool_(True)',
    'cnumpy._core.multiarray\nscalar\nq\x00cnumpy\ndtype\nq\x01X\x02\x00\x00\x00b1q\x02\x89\x88\x87q\x03Rq\x04(K\x03X\x01\x00\x00\x00|q\x05NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tq\x06bc_codecs\nencode\nq\x07X\x01\x00\x00\x00\x01q\x08X\x06\x00\x00\x00latin1q\x09\x86q\nRq\x0b\x86q\x0cRq\x0d',
  ],
  [
    "np.str_('x')",
    'cnumpy._core.multiarray\nscalar\nq\x00cnumpy\ndtype\nq\x01X\x02\x00\x00\x00U1q\x02\x89\x88\x87q\x03Rq\x04(K\x03X\x01\x00\x00\x00<q\x05NNNK\x04K\x04K\x08tq\x06bc_codecs\nencode\nq\x07X\x04\x00\x00\x00x\x00\x00\x00q\x08X\x06\x00\x00\x00latin1q\x09\x86q\nRq\x0b\x86q\x0cRq\x0d',
  ],
  [
    'np.complex64(1)',
    'cnumpy._core.multiarray\nscalar\nq\x00cnumpy\ndtype\nq\x01X\x02\x00\x00\x00c8q\x02\x89\x88\x87q\x03Rq\x04(K\x03X\x01\x00\x00\x00<q\x05NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tq\x06bc_codecs\nencode\nq\x07X\x09\x00\x00\x00\x00\x00\xc2\x80?\x00\x00\x00\x00q\x08X\x06\x00\x00\x00latin1q\x09\x86q\nRq\x0b\x86q\x0cRq\x0d',
  ],
  [
    "np.datetime64('2020')",
    'cnumpy._core.multiarray\nscalar\nq\x00cnumpy\ndtype\nq\x01X\x02\x00\x00\x00M8q\x02\x89\x88\x87q\x03Rq\x04(K\x04X\x01\x00\x00\x00<q\x05NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00N(c_codecs\nencode\nq\x06X\x01\x00\x00\x00Yq\x07X\x06\x00\x00\x00latin1q\x08\x86q\x09Rq\nK\x01K\x01K\x01tq\x0b\x86q\x0ctq\x0dbh\x06X\x08\x00\x00\x002\x00\x00\x00\x00\x00\x00\x00q\x0eh\x08\x86q\x0fRq\x10\x86q\x11Rq\x12',
  ],
  [
    "np.dtype('f4')",
    'cnumpy\ndtype\nq\x00X\x02\x00\x00\x00f4q\x01\x89\x88\x87q\x02Rq\x03(K\x03X\x01\x00\x00\x00<q\x04NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tq\x05b',
  ],
  [
    'np.array([{}, 1], dtype=object)',
    'cnumpy._core.multiarray\n_reconstruct\nq\x00cnumpy\nndarray\nq\x01K\x00\x85q\x02c_codecs\nencode\nq\x03X\x01\x00\x00\x00bq\x04X\x06\x00\x00\x00latin1q\x05\x86q\x06Rq\x07\x87q\x08Rq\x09(K\x01K\x02\x85q\ncnumpy\ndtype\nq\x0bX\x02\x00\x00\x00O8q\x0c\x89\x88\x87q\x0dRq\x0e(K\x03X\x01\x00\x00\x00|q\x0fNNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK?tq\x10b\x89]q\x11(}q\x12K\x01etq\x13b',
  ],
  [
    "np.array(['a', 'bc'])",
    'cnumpy._core.multiarray\n_reconstruct\nq\x00cnumpy\nndarray\nq\x01K\x00\x85q\x02c_codecs\nencode\nq\x03X\x01\x00\x00\x00bq\x04X\x06\x00\x00\x00latin1q\x05\x86q\x06Rq\x07\x87q\x08Rq\x09(K\x01K\x02\x85q\ncnumpy\ndtype\nq\x0bX\x02\x00\x00\x00U2q\x0c\x89\x88\x87q\x0dRq\x0e(K\x03X\x01\x00\x00\x00<q\x0fNNNK\x08K\x04K\x08tq\x10b\x89h\x03X\x10\x00\x00\x00a\x00\x00\x00\x00\x00\x00\x00b\x00\x00\x00c\x00\x00\x00q\x11h\x05\x86q\x12Rq\x13tq\x14b',
  ],
  [
    "np.array(['2020'], dtype='M8[D]')",
    'cnumpy._core.multiarray\n_reconstruct\nq\x00cnumpy\nndarray\nq\x01K\x00\x85q\x02c_codecs\nencode\nq\x03X\x01\x00\x00\x00bq\x04X\x06\x00\x00\x00latin1q\x05\x86q\x06Rq\x07\x87q\x08Rq\x09(K\x01K\x01\x85q\ncnumpy\ndtype\nq\x0bX\x02\x00\x00\x00M8q\x0c\x89\x88\x87q\x0dRq\x0e(K\x04X\x01\x00\x00\x00<q\x0fNNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00N(h\x03X\x01\x00\x00\x00Dq\x10h\x05\x86q\x11Rq\x12K\x01K\x01K\x01tq\x13\x86q\x14tq\x15b\x89h\x03X\x08\x00\x00\x00VG\x00\x00\x00\x00\x00\x00q\x16h\x05\x86q\x17Rq\x18tq\x19b',
  ],
  [
    "np.zeros(2, [('a', 'f4')])",
    'cnumpy._core.multiarray\n_reconstruct\nq\x00cnumpy\nndarray\nq\x01K\x00\x85q\x02c_codecs\nencode\nq\x03X\x01\x00\x00\x00bq\x04X\x06\x00\x00\x00latin1q\x05\x86q\x06Rq\x07\x87q\x08Rq\x09(K\x01K\x02\x85q\ncnumpy\ndtype\nq\x0bX\x02\x00\x00\x00V4q\x0c\x89\x88\x87q\x0dRq\x0e(K\x03X\x01\x00\x00\x00|q\x0fNX\x01\x00\x00\x00aq\x10\x85q\x11}q\x12h\x10h\x0bX\x02\x00\x00\x00f4q\x13\x89\x88\x87q\x14Rq\x15(K\x03X\x01\x00\x00\x00<q\x16NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tq\x17bK\x00\x86q\x18sK\x04K\x01K\x10tq\x19b\x89h\x03X\x08\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00q\x1ah\x05\x86q\x1bRq\x1ctq\x1db',
  ],
  ["decimal.Decimal('1.5')", 'cdecimal\nDecimal\nq\x00X\x03\x00\x00\x001.5q\x01\x85q\x02Rq\x03'],
  ['fractions.Fraction(1, 2)', 'cfractions\nFraction\nq\x00K\x01K\x02\x86q\x01Rq\x02'],
  ['uuid.UUID(int=1)', 'cuuid\nUUID\nq\x00)\x81q\x01}q\x02X\x03\x00\x00\x00intq\x03K\x01sb'],
  ['int', 'c__builtin__\nlong\nq\x00'],
  ['len', 'c__builtin__\nlen\nq\x00'],
  [
    "'a'.upper",
    'c__builtin__\ngetattr\nq\x00X\x01\x00\x00\x00aq\x01X\x05\x00\x00\x00upperq\x02\x86q\x03Rq\x04',
  ],
  ['...', 'c__builtin__\nEllipsis\nq\x00'],
  ['10**30', '\x8a\x0d\x00\x00\x00@\xea\xedtF\xd0\x9c,\x9f\x0c'],
  ["float('nan')", 'G\x7f\xf8\x00\x00\x00\x00\x00\x00'],
  ['types.SimpleNamespace(a=1)', 'ctypes\nSimpleNamespace\nq\x00)Rq\x01}q\x02X\x01\x00\x00\x00aq\x03K\x01sb'],
  ["ValueError('x')", 'cexceptions\nValueError\nq\x00X\x01\x00\x00\x00xq\x01\x85q\x02Rq\x03'],
  ['np.random.default_rng(0).bit_generator.__class__', 'cnumpy.random._pcg64\nPCG64\nq\x00'],
  ["re.compile('a')", 'cre\n_compile\nq\x00X\x01\x00\x00\x00aq\x01K \x86q\x02Rq\x03'],
  ["'\\ud800'", 'X\x03\x00\x00\x00\xed\xa0\x80q\x00'],
]

describe('values beside the weights', () => {
  it.each(values)('%s', async (_, value) => {
    const tensors = await readPth(legacyPth(dict({ extra: value, w: tensor() })))
    expect([...tensors]).toEqual([['w', { dtype: 'F32', shape: [4], data: Float32Array.of(1, 2, 3, 4) }]])
  })

  it('an object that holds itself, and its tensors', async () => {
    const cyclic = `${global('types.SimpleNamespace')})\x81q\x00}(${text('me')}h\x00${text('w')}${tensor()}ub`
    expect(await names(dict({ extra: cyclic }))).toEqual(['extra.w'])
  })

  it('attributes, slots and items of objects are named as in Python', async () => {
    expect(await names(object('__main__.State', dict({ ema: tensor(), step: int(3) })))).toEqual(['ema'])
    expect(await names(object('__main__.Slots', tuple('N', dict({ a: tensor() }))))).toEqual(['a'])
    const subclass = `${global('__main__.Dict')})\x81(${text('a')}${tensor()}u`
    expect(await names(subclass)).toEqual(['a'])
    expect(await names(`${global('__main__.List')})\x81(${tensor()}e`)).toEqual(['0'])
    expect(await names(`${call('collections.deque', list(), int(5))}${tensor()}a`)).toEqual(['0'])
    expect(
      await names(`${call('collections.defaultdict', global('builtins.list'))}${text('a')}${tensor()}s`),
    ).toEqual(['a'])
  })
})

describe('keys', () => {
  it('that are no text: numbers, tuples, None, True', async () => {
    const keys = [int(1), tuple(int(1), text('a')), 'N', '\x88', 'G\x40\x04\0\0\0\0\0\0']
    const body = `}(${keys.map(key => key + tensor()).join('')}u`
    expect(await names(body)).toEqual(['1', '(1,a)', 'None', 'True', '2.5'])
  })

  it('with the same name: refused when asked for', async () => {
    const tensors = await readPth(
      legacyPth(`}(${int(1)}${tensor()}${text('1')}${tensor()}${text('w')}${tensor()}u`),
    )
    expect([...tensors.keys()]).toEqual(['1', 'w'])
    expect(() => tensors.get('1')!.data).toThrow(
      "checkpoints.readPth: '1' must be a dense tensor of booleans, integers, or floats of 16 to 64 bits, got two tensors of this name.",
    )
  })
})

describe('pickled modules', () => {
  const module = (
    name: string,
    parts: {
      parameters?: Record<string, string>
      modules?: Record<string, string>
      more?: Record<string, string>
    },
  ) =>
    object(
      name,
      dict({
        training: '\x88',
        _parameters: dict(parts.parameters ?? {}),
        _buffers: dict({ running: tensor(), scratch: tensor() }),
        _non_persistent_buffers_set: call('__builtin__.set', list(text('scratch'))),
        _modules: dict(parts.modules ?? {}),
        other: tensor(),
        ...parts.more,
      }),
    )
  const linear = module('torch.nn.modules.linear.Linear', { parameters: { weight: tensor(), bias: 'N' } })
  const sequential = module('torch.nn.modules.container.Sequential', { modules: { 0: linear, 1: linear } })
  const inner = ['running', '0.weight', '0.running', '1.weight', '1.running']

  it.each([
    'torch.nn.parallel.data_parallel.DataParallel',
    'torch.nn.parallel.distributed.DistributedDataParallel',
  ])('%s', async name => {
    const parallel = module(name, { modules: { module: sequential }, more: { device_ids: list(int(0)) } })
    expect(await names(parallel)).toEqual(['running', ...inner.map(each => `module.${each}`)])
  })

  it('torch.compile, made of the module or of attributes', async () => {
    const name = 'torch._dynamo.eval_frame.OptimizedModule'
    const context = object(
      'torch._dynamo.eval_frame.OptimizeContext',
      dict({ backend: global('torch._inductor.compile') }),
    )
    const want = inner.map(each => `_orig_mod.${each}`)
    expect(await names(call(name, sequential, context))).toEqual(want)
    expect(await names(module(name, { modules: { _orig_mod: sequential } }))).toEqual(['running', ...want])
  })

  it('of a class of its own, inside a dict, with its class named by a persistent id', async () => {
    const id = `${tuple(text('module'), global('__main__.Net'), text('net.py'), text('class Net'))}Q`
    const net = `${id})\x81${dict({ _parameters: dict({ w: tensor() }), _buffers: '}', _modules: '}' })}b`
    expect(await names(dict({ net, epoch: int(3) }))).toEqual(['net.w'])
  })
})
