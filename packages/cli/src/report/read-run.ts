import { readFile } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import * as z from 'zod'

const WHERE = 'cli.reportHtml'

const step = z.int().min(0)
/** JSON writes a number that isn't finite as null. */
const number = z.number().nullable()

/** Means over the steps up to `step`, as `train` of `@rectified-flow/reflow/node` logs them. */
const trainLine = z.object({
  kind: z.literal('train'),
  step,
  steps: z.int().min(1),
  skipped: z.int().min(0),
  loss: number,
  gradientNorm: number,
  learningRate: z.number(),
  msPerStep: z.number(),
  /** Mean loss in equal intervals of time. */
  lossByTime: z.array(number).max(100),
})

const previewLine = z.object({
  kind: z.literal('preview'),
  step,
  scalars: z.record(z.string(), number),
  /** PNG files by name, relative to the run's folder. */
  images: z.record(z.string(), z.string()),
})

/** The mean loss of held-out pairs. */
const validationLine = z.object({ kind: z.literal('validation'), step, loss: number })

const anyLine = z.discriminatedUnion('kind', [trainLine, previewLine, validationLine])

export type TrainLine = z.infer<typeof trainLine>
export type PreviewLine = z.infer<typeof previewLine>
export type ValidationLine = z.infer<typeof validationLine>

/** What the folder of a run holds. */
export interface Run {
  name: string
  settings: Record<string, unknown>
  training: TrainLine[]
  previews: PreviewLine[]
  validations: ValidationLine[]
  /** How many lines of its metrics are none that a run writes. */
  strangeLines: number
}

/** Read a run's settings and metrics. If the run is still going on, an incomplete last line is left out. */
export async function readRun(folder: string): Promise<Run> {
  const settings = z.record(z.string(), z.unknown()).safeParse(parsed(await read(folder, 'settings.json')))
  if (!settings.success)
    throw new RangeError(
      `${WHERE}: '${join(folder, 'settings.json')}' must hold a JSON object, got another text.`,
    )
  const texts = (await read(folder, 'metrics.jsonl')).split('\n').slice(0, -1)
  const lines = texts.flatMap(text => anyLine.safeParse(parsed(text)).data ?? [])
  return {
    name: basename(resolve(folder)),
    settings: settings.data,
    training: lines.filter(line => line.kind === 'train'),
    previews: lines.filter(line => line.kind === 'preview'),
    validations: lines.filter(line => line.kind === 'validation'),
    strangeLines: texts.length - lines.length,
  }
}

async function read(folder: string, name: string): Promise<string> {
  return readFile(join(folder, name), 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new RangeError(
      `${WHERE}: folder must hold a run, got no ${name} in '${folder}' (${cause.code}). A run writes it when it starts to log.`,
      { cause },
    )
  })
}

/** The value of a JSON text; undefined for any other text. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
