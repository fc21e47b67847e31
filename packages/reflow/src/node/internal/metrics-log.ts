import { appendFile, readFile } from 'node:fs/promises'
import { writeFileWhole } from '@rectified-flow/checkpoints/node'

/** One line of a run's metrics. */
export type Metrics = { kind: string; step: number } & Readonly<Record<string, unknown>>

/** A file of JSON lines; a run appends its metrics. */
export class MetricsLog {
  readonly #path: string

  private constructor(
    path: string,
    /** The lines that were there when it was opened. */
    readonly earlier: readonly Metrics[],
  ) {
    this.#path = path
  }

  /** Open a log that continues after a step. Lines of later steps are removed: the resumed run writes them again. */
  static async open(path: string, step: number): Promise<MetricsLog> {
    const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return ''
      throw new RangeError(
        `reflow.train: metrics must be a readable file, got ${error.code} for '${path}'.`,
        {
          cause: error,
        },
      )
    })
    const kept = text.split('\n').filter(line => lineStep(line) <= step)
    const next = kept.map(line => `${line}\n`).join('')
    if (next !== text) await writeFileWhole(path, next)
    return new MetricsLog(
      path,
      kept.map(line => JSON.parse(line) as Metrics),
    )
  }

  async add(metrics: Metrics): Promise<void> {
    await appendFile(this.#path, `${JSON.stringify(metrics)}\n`)
  }
}

/** The step of a line; Infinity for an incomplete line. */
function lineStep(line: string): number {
  try {
    return (JSON.parse(line) as Metrics).step
  } catch {
    return Infinity
  }
}
