import { basename, resolve } from 'node:path'
import { encodePngGrid } from '@rectified-flow/datasets'
import { openPairStore, type PairStore } from '@rectified-flow/datasets/node'
import { histogram } from './charts.js'
import { escapeHtml, flatten, page, table } from './html.js'

/** How many images of each end of a measure the page shows. */
const SHOWN = 24
const COLUMNS = 8
const QUANTILES = { least: 0, '5 %': 0.05, median: 0.5, '95 %': 0.95, largest: 1 }

/**
 * One self-contained page of a store of pairs: for each measure a histogram, quantiles, and the images with the least and the largest
 * values.
 *
 * @param folder  what `createPairStore` was given
 */
export async function pairsHtml(folder: string): Promise<string> {
  const store = await openPairStore(folder)
  try {
    const name = basename(resolve(folder))
    const sections: string[] = []
    const quality = store.plan.quality ? await store.quality() : {}
    for (const [measure, values] of Object.entries(quality))
      sections.push(await sectionOf(store, measure, values))
    const body = [
      `<h1>${escapeHtml(name)}</h1>`,
      sections.length > 0
        ? sections.join('\n')
        : '<p class="soft">Nothing was measured of these pairs: see pairs make --quality.</p>',
      '<h2>Plan</h2>',
      table(flatten(store.plan)),
    ]
    return page(name, body.join('\n'))
  } finally {
    await store.close()
  }
}

async function sectionOf(store: PairStore, measure: string, values: Float32Array): Promise<string> {
  const order = Int32Array.from(values.keys()).sort((a, b) => values[a]! - values[b]!)
  const rows = Object.entries(QUANTILES).map(([name, share]): [string, string] => {
    const value = values[order[Math.round(share * (order.length - 1))]!]!
    return [name, String(Number(value.toPrecision(4)))]
  })
  const least = await grid(store, order.subarray(0, SHOWN))
  const most = await grid(store, order.slice(-SHOWN).reverse())
  return `<h2>${escapeHtml(measure)}</h2>
<div class="charts"><figure>${histogram(values)}</figure>${table(rows)}</div>
<div class="charts">${figure(least, `least ${measure}`)}${figure(most, `largest ${measure}`)}</div>`
}

const figure = (png: string, caption: string): string =>
  `<figure><img src="${png}" alt="${escapeHtml(caption)}"><figcaption>${escapeHtml(caption)}</figcaption></figure>`

/** The images of these pairs as a picture in a data URL. */
async function grid(store: PairStore, indices: Int32Array): Promise<string> {
  const { images } = await store.read(indices)
  const data = images instanceof Uint8Array ? Float32Array.from(images, byte => byte / 127.5 - 1) : images
  const png = await encodePngGrid(
    { data, shape: [indices.length, ...store.plan.shape] },
    { columns: COLUMNS },
  )
  return `data:image/png;base64,${Buffer.from(png).toString('base64')}`
}
