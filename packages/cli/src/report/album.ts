import { escapeHtml } from './html.js'
import { readPicture } from './read-picture.js'
import type { PreviewLine } from './read-run.js'

interface Picture {
  step: number
  path: string
}

/** The pictures of a run's previews, by their names. */
export class Album {
  readonly #folder: string
  readonly #pictures = new Map<string, Picture[]>()

  /** How many pictures that were asked for are no PNG files in the folder. */
  strange = 0

  constructor(folder: string, previews: readonly PreviewLine[]) {
    this.#folder = folder
    for (const { step, images } of previews)
      for (const [name, path] of Object.entries(images)) {
        const all = this.#pictures.get(name) ?? []
        this.#pictures.set(name, all)
        all.push({ step, path })
      }
  }

  get names(): string[] {
    return [...this.#pictures.keys()]
  }

  /** The last picture of this name, and others at equal distances before it. They are in the page, not beside it. */
  async figures(name: string, most: number): Promise<string> {
    const figures: string[] = []
    for (const { step, path } of evenly(this.#pictures.get(name) ?? [], most)) {
      const png = await readPicture(this.#folder, path)
      if (!png) {
        this.strange++
        continue
      }
      const caption = escapeHtml(`step ${step.toLocaleString('en')}`)
      figures.push(
        `<figure><img src="data:image/png;base64,${png.toString('base64')}" alt="${escapeHtml(name)}, ${caption}">` +
          `<figcaption>${caption}</figcaption></figure>`,
      )
    }
    return figures.join('\n')
  }
}

/** The last one, and others at equal distances before it; the newest first. */
function evenly<T>(all: readonly T[], count: number): T[] {
  if (all.length <= count) return [...all].reverse()
  return Array.from(
    { length: count },
    (_, i) => all[Math.round((all.length - 1) * (1 - i / (count - 1)))] as T,
  )
}
