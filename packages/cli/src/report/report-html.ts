import { checkInt, checkOptions } from '@rectified-flow/core'
import { TRAJECTORIES } from '../preview-run.js'
import { Album } from './album.js'
import { barsOverTime, curve, type Point } from './charts.js'
import { escapeHtml, flatten, page, table } from './html.js'
import { type PreviewLine, type Run, readRun, type TrainLine, type ValidationLine } from './read-run.js'

/** How many earlier grids of each kind the page shows besides the last one. */
const EARLIER_GRIDS = 5
/** How many kinds of previews, curves of their numbers and settings the page shows at most. */
const MOST_KINDS = 30
const MOST_SETTINGS = 1000
const ABOUT_TRAJECTORIES =
  'From noise (t = 1, left) to data (t = 0, right). Two rows a path: its states, and under each the data that the network ' +
  'points to from there. On a straight path that is the same all the way.'

export interface ReportOptions {
  /** After how many seconds an open page is read again; by default never. */
  reloadS?: number
}

/**
 * One self-contained page of a training run: curves, sample grids, trajectories and settings, with all images in the page.
 * The run may still be going on.
 *
 * @param folder  what `train` of `@rectified-flow/reflow/node` was given
 */
export async function reportHtml(folder: string, options: ReportOptions = {}): Promise<string> {
  checkOptions<ReportOptions>('cli.reportHtml', options, { reloadS: 'optional' })
  const { reloadS } = options
  if (reloadS !== undefined) checkInt('cli.reportHtml', 'reloadS', reloadS, 1)
  const run = await readRun(folder)
  const album = new Album(folder, run.previews)
  const body = [
    `<h1>${escapeHtml(run.name)}</h1>`,
    summary(run),
    section('Curves', charts(run)),
    await samples(album),
    section('Trajectories', await trajectories(album)),
    section('Settings', table(flatten(run.settings).slice(0, MOST_SETTINGS))),
    leftOut(run, album),
  ]
  return page(run.name, body.join('\n'), reloadS)
}

const section = (title: string, content: string): string =>
  content ? `<h2>${escapeHtml(title)}</h2>\n${content}` : ''
const short = (value: number | null | undefined): string =>
  value === null || value === undefined ? 'none' : String(Number(value.toPrecision(4)))

function summary({ training, previews, validations }: Run): string {
  const last = training.at(-1)
  if (!last) return '<p class="soft">No step has been logged yet.</p>'
  const ms = training.reduce((sum, line) => sum + line.msPerStep * line.steps, 0)
  const logged = training.reduce((sum, line) => sum + line.steps, 0)
  const skipped = training.reduce((sum, line) => sum + line.skipped, 0)
  const best = lowest(previews.map(({ step, scalars }) => ({ step, value: scalars.score })))
  const held = lowest(validations.map(({ step, loss }) => ({ step, value: loss })))
  const tiles: [string, string][] = [
    ['steps', last.step.toLocaleString('en')],
    ['loss, lately', short(mean(recent(training).map(line => line.loss)))],
    ...(held ? [at('best validation loss', held)] : []),
    ...(best ? [at('best score', best)] : []),
    ['ms a step', short(ms / logged)],
    ms < 3_600_000 ? ['minutes', short(ms / 60_000)] : ['hours', short(ms / 3_600_000)],
    ['steps skipped', skipped.toLocaleString('en')],
  ]
  const text = tiles.map(
    ([name, value]) => `<div class="tile"><b>${escapeHtml(value)}</b>${escapeHtml(name)}</div>`,
  )
  return `<div class="tiles">${text.join('')}</div>`
}

const at = (name: string, { step, value }: Point): [string, string] => [
  `${name}, step ${step.toLocaleString('en')}`,
  short(value),
]

/** The first of the lowest values that are numbers. */
function lowest(points: readonly { step: number; value: number | null | undefined }[]): Point | undefined {
  return points.reduce<Point | undefined>(
    (best, { step, value }) =>
      typeof value === 'number' && !(best && best.value <= value) ? { step, value } : best,
    undefined,
  )
}

function charts({ training, previews, validations }: Run): string {
  if (training.length === 0) return ''
  const lately = recent(training)
  const count = lately.reduce((sum, line) => sum + line.steps, 0)
  const of = (value: (line: TrainLine) => number | null): Point[] =>
    training.flatMap(line => {
      const y = value(line)
      return y === null ? [] : [{ step: line.step, value: y }]
    })
  const names = [...new Set(previews.flatMap(({ scalars }) => Object.keys(scalars)))].slice(0, MOST_KINDS)
  const shown: [string, string][] = [
    [
      'loss',
      curve(
        of(line => line.loss),
        { log: true },
      ),
    ],
    ...(validations.length > 0
      ? [['validation loss', curve(validations.flatMap(pointOf), { smooth: false })] as [string, string]]
      : []),
    [`loss by time, last ${count.toLocaleString('en')} steps`, barsOverTime(lossByTime(lately))],
    ...names.map((name): [string, string] => [name, curve(scalar(previews, name), { smooth: false })]),
    [
      'learning rate',
      curve(
        of(line => line.learningRate),
        { smooth: false },
      ),
    ],
    [
      'gradient norm',
      curve(
        of(line => line.gradientNorm),
        { log: true },
      ),
    ],
  ]
  const figures = shown.map(([title, chart]) => `<figure><h3>${escapeHtml(title)}</h3>${chart}</figure>`)
  return `<div class="charts">${figures.join('\n')}</div>`
}

const pointOf = ({ step, loss }: ValidationLine): Point[] => (loss === null ? [] : [{ step, value: loss }])

/** The last tenth of the lines, because a single line has few losses in each interval of time. */
const recent = (training: readonly TrainLine[]): TrainLine[] =>
  training.slice(-Math.ceil(training.length / 10))

function lossByTime(lines: readonly TrainLine[]): (number | null)[] {
  const bins = lines.at(-1)?.lossByTime ?? []
  return bins.map((_, i) => mean(lines.map(line => line.lossByTime[i] ?? null)))
}

/** The mean of all values that are not null; null if there are none. */
function mean(values: readonly (number | null)[]): number | null {
  const there = values.filter(value => value !== null)
  return there.length > 0 ? there.reduce((sum, value) => sum + value, 0) / there.length : null
}

function scalar(previews: readonly PreviewLine[], name: string): Point[] {
  return previews.flatMap(({ step, scalars }) => {
    const value = Object.hasOwn(scalars, name) ? scalars[name] : undefined
    return typeof value === 'number' ? [{ step, value }] : []
  })
}

/** For each kind of samples, the last grid and some earlier ones. */
async function samples(album: Album): Promise<string> {
  const sections: string[] = []
  for (const name of album.names.filter(name => name !== TRAJECTORIES).slice(0, MOST_KINDS)) {
    const figures = await album.figures(name, EARLIER_GRIDS + 1)
    sections.push(section(`Previews: ${name}`, `<div class="grids">${figures}</div>`))
  }
  return sections.join('\n')
}

/** The first and the last trajectories. */
async function trajectories(album: Album): Promise<string> {
  const figures = await album.figures(TRAJECTORIES, 2)
  return figures && `<p class="soft">${ABOUT_TRAJECTORIES}</p><div class="charts">${figures}</div>`
}

/** What the page doesn't show, because no run writes it. */
function leftOut({ strangeLines }: Run, { strange }: Album): string {
  const parts = [
    ...(strangeLines > 0 ? [`${strangeLines} lines of metrics.jsonl that no run writes`] : []),
    ...(strange > 0 ? [`${strange} pictures that are no PNG files in the run's folder`] : []),
  ]
  return parts.length > 0 ? `<p class="soft">Left out: ${escapeHtml(parts.join('; '))}.</p>` : ''
}
