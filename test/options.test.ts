import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { type FunctionWithOptions, functionsWithOptions } from '../tools/src/functions-with-options.js'

/** What takes an object that is no options: the check itself, a member of a list, JavaScript's own, a tensor, a manifest's plan. */
const others = [
  'core.checkOptions',
  'core.optionNames',
  'core.NumericError',
  'core.alongBatch',
  'datasets.PairStore',
]

/** Functions whose errors have another name: that of the class that is made or called. */
const called: Record<string, string> = {
  'backends.adamEma': 'backends.adamNumbers',
  'flow.Flow.velocity': 'unet.networkVelocity',
  'flow.Flow.denoiser': 'unet.networkDenoiser',
  'unet.UNet.forward': 'unet.forward',
  'unet.createUNet': 'unet.SongUNet',
  'unet.weightShapes': 'unet.SongUNet',
}

const functions = functionsWithOptions(fileURLToPath(new URL('..', import.meta.url)))

/** Call it with these options and nothing else: options are checked first. */
async function call({ name, entry, kind, index }: FunctionWithOptions, options: unknown): Promise<unknown> {
  const [, first, method] = name.split('.') as [string, string, string]
  const value = (await import(entry))[first]
  const args = [...Array(index).fill(undefined), options]
  if (kind === 'class') return new value(...args)
  const result =
    kind === 'function'
      ? value(...args)
      : kind === 'static'
        ? value[method](...args)
        : value.prototype[method].apply(Object.create(value.prototype), args)
  return typeof result?.next === 'function' ? result.next() : result
}

describe.each(functions.filter(({ name }) => !others.includes(name)))('$name', one => {
  it('refuses options that it does not know, and what is no object', async () => {
    const known = (called[one.name] ?? one.name).replaceAll('.', '\\.')
    await expect(call(one, { misspelt: 1 })).rejects.toThrow(
      new RegExp(`^${known}: [a-z]+ must be of [a-zA-Z, 0-9]+, got 'misspelt'\\.`),
    )
    await expect(call(one, 5)).rejects.toThrow(new RegExp(`^${known}: [a-z]+ must be an object, got 5\\.$`))
    if (one.given)
      await expect(call(one, undefined)).rejects.toThrow(
        new RegExp(`^${known}: [a-z]+ must be an object, got undefined\\.$`),
      )
  })
})

it('finds the functions with options', () => {
  const names = functions.map(({ name }) => name)
  expect(names).toEqual(
    expect.arrayContaining([
      'ode.solve',
      'reflow.Trainer',
      'datasets.PairStore.verify',
      'reflow.TensorBoardWriter.open',
    ]),
  )
})
