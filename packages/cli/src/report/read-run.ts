import { readFile } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'

/** Means over the steps up to `step`, as `train` of `@rectified-flow/reflow/node` logs them; null for what isn't finite. */
export interface TrainLine {
  kind: 'train'
  step: number
  steps: number
  skipped: number
  loss: number | null
  gradientNorm: number | null
  learningRate: number
  msPerStep: number
  /** Mean loss in equal intervals of time. */
  lossByTime: (number | null)[]
}

export interface PreviewLine {
  kind: 'preview'
  step: number
  scalars: Record<string, number | null>
  /** PNG files by name, relative to the run's folder. */
  images: Record<string, string>
}

/** What the folder of a run holds. */
export interface Run {
  name: string
  settings: Record<string, unknown>
  training: TrainLine[]
  previews: PreviewLine[]
}

/** Read a run's settings and metrics. If the run is still going on, an incomplete last line is left out. */
export async function readRun(folder: string): Promise<Run> {
  const read = (name: string) =>
    readFile(join(folder, name), 'utf8').catch((cause: NodeJS.ErrnoException) => {
      throw new RangeError(
        `cli.reportHtml: folder must hold a run, got no ${name} in '${folder}' (${cause.code}). A run writes it when it starts to log.`,
        { cause },
      )
    })
  const settings = JSON.parse(await read('settings.json')) as Run['settings']
  const lines = (await read('metrics.jsonl')).split('\n').flatMap(parseLine)
  return {
    name: basename(resolve(folder)),
    settings,
    training: lines.filter(line => line.kind === 'train'),
    previews: lines.filter(line => line.kind === 'preview'),
  }
}

function parseLine(text: string): (TrainLine | PreviewLine)[] {
  try {
    return [JSON.parse(text)]
  } catch {
    return []
  }
}
