import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openImages } from '@rectified-flow/datasets/node'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { asFolder, asZip, type Files, png, read } from './image-set.js'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'labels-'))
})
afterEach(() => rm(folder, { recursive: true }))

/** Pictures with these names; the value of each is its place in the list. */
const pictures = (...names: string[]): Files => Object.fromEntries(names.map((name, i) => [name, png(i)]))
const list = (...labels: unknown[]) => JSON.stringify({ labels })

describe.each([
  ['a folder', asFolder],
  ['a zip', asZip],
])('labels of %s', (_, makeIn) => {
  const make = (files: Files) => makeIn(folder, files)
  const labels = async (files: Files) => {
    const { labels, classes } = await read(await make(files))
    return { labels, classes }
  }
  const none = { labels: undefined, classes: undefined }

  it('come from class folders, below the folders that all images share', async () => {
    const two = { labels: [0, 0, 1], classes: 2 }
    expect(await labels(pictures('train/cat/0.png', 'train/cat/1.png', 'train/dog/0.png'))).toEqual(two)
    expect(await labels(pictures('a/b/cat/0.png', 'a/b/cat/x/1.png', 'a/b/dog/0.png'))).toEqual(two)
  })

  it('have the names of their folders, also after resizing', async () => {
    const path = await make(pictures('cat/0.png', 'dog/0.png'))
    for (const options of [{}, { resolution: 2 }]) {
      const source = await openImages(path, options)
      expect(source.classNames).toEqual(['cat', 'dog'])
      await source.close()
    }
  })

  it('are none where all images share their folder', async () => {
    expect(await labels(pictures('samples/0.png', 'samples/1.png'))).toEqual(none)
  })

  it('are none where some image is in no class folder', async () => {
    expect(await labels(pictures('0.png', 'cat/1.png'))).toEqual(none)
  })

  it('come from a dataset.json in a folder around the images', async () => {
    const files = pictures('mydata/00000/img00000000.png', 'mydata/00000/img00000001.png')
    const json = list(['00000/img00000000.png', 0], ['00000/img00000001.png', 2.0])
    expect(await labels({ ...files, 'mydata/dataset.json': json })).toEqual({ labels: [0, 2], classes: 3 })
    const path = await make({ ...files, 'meta/dataset.json': json })
    await expect(openImages(path)).rejects.toThrow(
      `datasets.openImages: dataset.json must be a single one, in a folder that holds all images, got ['meta/dataset.json'] in '${path}'.`,
    )
  })

  it("come from folders of digits, unless they are the folders of 1,000 that EDM's tools write", async () => {
    const signs = ['00000/00000_00000.png', '00001/00000_00000.png', '00042/00000_00000.png']
    expect(await labels(pictures(...signs))).toEqual({ labels: [0, 1, 2], classes: 3 })
    // Names of the right form, but not of that thousand.
    expect(await labels(pictures('00000/img00000000.png', '00001/img00000001.png'))).toMatchObject({
      classes: 2,
    })
    expect(await labels(pictures('00000/img00000999.png', '00001/img00001000.png'))).toEqual(none)
    expect(await labels(pictures('000000/000999.png', '001000/001000.png'))).toEqual(none)
    // Class folders that hold such folders.
    expect(await labels(pictures('cat/00000/img00000000.png', 'dog/00000/img00000001.png'))).toMatchObject({
      classes: 2,
    })
  })

  it('count no hidden folder, and nothing that macOS, Synology or Windows left', async () => {
    const files = pictures('cat/0.png', 'cat/1.png', 'dog/2.png', 'dog/3.png')
    const left = {
      '.ipynb_checkpoints/0.png': png(9),
      'cat/.ipynb_checkpoints/0.png': png(9),
      '__MACOSX/cat/._0.png': 'Mac OS X',
      'cat/._0.png': 'Mac OS X',
      'cat/.DS_Store': '',
      'cat/Thumbs.db': '',
      'dog/@eaDir/2.png/SYNOPHOTO_THUMB_M.png': png(9),
      '$RECYCLE.BIN/0.png': png(9),
      '.git/': '',
    }
    expect(await read(await make({ ...files, ...left }))).toEqual({
      shape: [4, 4, 4, 3],
      values: [0, 1, 2, 3],
      labels: [0, 0, 1, 1],
      classes: 2,
    })
  })

  it('refuse a class folder without images, as torchvision does', async () => {
    const withText = await make({ ...pictures('x/a/0.png', 'x/c/0.png'), 'x/b/notes.txt': '' })
    await expect(openImages(withText)).rejects.toThrow("'x/b' of")
    const path = await make({ ...pictures('a/0.png', 'c/0.png'), 'b/': '' })
    await expect(openImages(path)).rejects.toThrow(
      `datasets.openImages: 'b' of '${path}' must hold images, as the class folders beside it, got none. Remove it, or give the classes in dataset.json.`,
    )
  })

  it.each<[string, RegExp]>([
    ['{oops', /^datasets\.openImages: 'dataset\.json' of '.*' must be JSON, got .{1,200}\.$/],
    ['7', /must be \{"labels": \[\["path", class\], \.\.\.\]\}, got 7\.$/],
    ['null', /must be \{"labels": .*, got null\.$/],
    ['{}', /must be \{"labels": .*, got undefined\.$/],
    ['[]', /must be \{"labels": .*, got \[\]\.$/],
    ['{"labels":{"0.png":0}}', /must be \{"labels": .*, got an object\.$/],
    [list(0), /: labels\[0\] of 'dataset\.json' of '.*' must be \["path", class\], got 0\.$/],
    [list(['0.png']), /: labels\[0\] of .* must be \["path", class\], got \['0\.png'\]\.$/],
    [list([0, 0]), /: labels\[0\] of .* must be \["path", class\], got \[0,0\]\.$/],
    ...[1.5, -1, '3', null, true, [0, 1], 65536, 2e8, 4294967297].map((label): [string, RegExp] => [
      list(['0.png', label]),
      /must give, for '0\.png', a class, an integer in \[0, 65535\], got /,
    ]),
  ])('refuse the dataset.json %s', async (json, message) => {
    await expect(openImages(await make({ ...pictures('0.png'), 'dataset.json': json }))).rejects.toThrow(
      message,
    )
  })
})

describe('labels of a zip', () => {
  it("come from class folders whose names an old Windows tool wrote, or begin with './'", async () => {
    const { labels, values } = await read(await asZip(folder, pictures('cat\\0.png', './dog/1.png')))
    expect([labels, values]).toEqual([
      [0, 1],
      [0, 1],
    ])
  })
})
