import { appendFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { encodePngGrid } from '@rectified-flow/datasets'
import * as tf from '@tensorflow/tfjs-core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { pathRows } from '../src/preview-run.js'
import { curve } from '../src/report/charts.js'
import { reportHtml } from '../src/report/report-html.js'
import { run } from './run.js'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'report-'))
})
afterEach(() => rm(folder, { recursive: true }))

/** A run of 40 logged steps with three previews, as `train` leaves it when it is killed while it writes a line. */
async function writeRun(): Promise<void> {
  const lines: object[] = []
  await mkdir(join(folder, 'previews'))
  for (let step = 1; step <= 40; step++) {
    const bins = Array.from({ length: 10 }, (_, i) => (i === 3 ? null : 1 / step + i))
    const common = {
      steps: 1,
      skipped: step === 7 ? 1 : 0,
      gradientNorm: 1,
      learningRate: 1e-3,
      msPerStep: 500,
    }
    lines.push({ kind: 'train', step, loss: step === 7 ? null : 1 / step, lossByTime: bins, ...common })
    if (step % 10 === 0)
      lines.push({ kind: 'validation', step, loss: step === 40 ? null : Math.abs(step - 19) })
    if (step % 13 !== 0) continue
    const path = `previews/1-step-${step}.png`
    await writeFile(
      join(folder, path),
      await encodePngGrid({ data: new Float32Array(4), shape: [1, 2, 2, 1] }),
    )
    lines.push({
      kind: 'preview',
      step,
      scalars: { straightness: 2 / step, score: 100 - step },
      images: { '1 step': path, trajectories: path },
    })
  }
  const text = lines.map(line => `${JSON.stringify(line)}\n`).join('')
  await writeFile(join(folder, 'metrics.jsonl'), `${text}{"kind":"train","st`)
  await writeFile(join(folder, 'settings.json'), JSON.stringify({ name: '<b>"&', net: { channels: [1, 2] } }))
}

describe('pathRows', () => {
  it('lays out the states of each path, and under them the data that they point to', async () => {
    // Two paths in two steps. State s of path b is 10 b + s; its prediction is 100 larger.
    const image = (value: number) => tf.fill([1, 1, 1, 1], value)
    const at = (s: number, more = 0) => tf.concat([image(s + more), image(10 + s + more)]) as tf.Tensor4D
    const rows = pathRows({ states: [at(0), at(1), at(2)], predictions: [at(0, 100), at(1, 100)] })
    expect(rows.shape).toEqual([12, 1, 1, 1])
    expect([...(await rows.data())]).toEqual([0, 1, 2, 100, 101, 2, 10, 11, 12, 110, 111, 12])
  })
})

describe('report --watch', () => {
  it('makes the page again when the run has gone on, and leaves one that is final', async () => {
    await writeRun()
    const page = join(folder, 'report.html')
    const shown = () => readFile(page, 'utf8').catch(() => '')
    const until = async (text: string) => {
      while (!(await shown()).includes(text)) await sleep(20)
    }
    const watching = run('report', folder, '--watch')
    await until('<meta http-equiv="refresh" content="5">')
    expect(await shown()).toContain('<b>40</b>steps')
    const line = { steps: 1, skipped: 0, gradientNorm: 1, learningRate: 1, msPerStep: 1, lossByTime: [1] }
    const added = JSON.stringify({ kind: 'train', step: 41, loss: 1, ...line })
    await appendFile(join(folder, 'metrics.jsonl'), `\n${added}\n`)
    await until('<b>41</b>steps')
    process.emit('SIGINT')
    await watching
    expect(await shown()).toContain('<b>41</b>steps')
    expect(await shown()).not.toContain('refresh')
  })
})

describe('reportHtml', () => {
  it('is one page with curves, grids and settings, which fetches nothing', async () => {
    await writeRun()
    const html = await reportHtml(folder)
    for (const title of [
      'loss',
      'validation loss',
      'straightness',
      'score',
      'learning rate',
      'gradient norm',
    ])
      expect(html).toContain(`<h3>${title}</h3><svg`)
    expect(html).toContain('<h3>loss by time, last 4 steps</h3><svg')
    expect(html.match(/<img src="data:image\/png;base64,/g)).toHaveLength(3 + 2)
    expect(html).toMatch(
      /<h2>Trajectories<\/h2>\n<p class="soft">From noise.*alt="trajectories, step 39".*\n.*step 13"/,
    )
    expect(html.indexOf('step 39<')).toBeLessThan(html.indexOf('step 13<'))
    expect(html).toContain('<b>61</b>best score, step 39')
    expect(html).toContain('<b>1</b>best validation loss, step 20')
    expect(html).not.toContain('Left out')
    expect(html).toContain('<b>1</b>steps skipped')
    expect(html).toContain('<tr><th>net.channels</th><td>[1,2]</td></tr>')
    expect(html).toContain('<tr><th>name</th><td>&#60;b&#62;&#34;&#38;</td></tr>')
    expect(html.replaceAll('http://www.w3.org/', '')).not.toMatch(/https?:|<script|src="(?!data:)|@import/)
    expect(html).not.toContain('NaN')
  })

  it('has a number at every tick of every axis', async () => {
    for (const scale of [1, 30, 1e-4, 1e9])
      for (const [low, high] of [
        [1, 1],
        [0.9, 1.1],
        [0.5, 0.59],
        [1, 12],
        [0.01, 1.5],
        [1e-7, 20],
        [-1, 1],
      ] as const) {
        const chart = curve(
          [low, high, (low + high) / 2].map((value, step) => ({ step: step + 1, value: scale * value })),
          { log: true },
        )
        for (const axis of ['x', 'y']) {
          const group = (name: string) =>
            chart.split(` aria-label="${axis}-axis ${name}">`)[1]?.split('</g>')[0]
          const ticks = group('tick')?.match(/<path/g)?.length ?? 0
          const labels = [...group('tick label')!.matchAll(/<text[^>]*>([^<]+)<\/text>/g)].map(
            ([, text]) => text!,
          )
          expect(labels.length).toBe(ticks)
          expect(ticks).toBeGreaterThan(low === high && axis === 'y' ? 0 : 1)
          expect(new Set(labels).size).toBe(labels.length)
          for (const label of labels) expect(label.length).toBeLessThan(9)
        }
      }
  })

  it('shows what there is of a run that has just begun', async () => {
    await writeFile(join(folder, 'settings.json'), '{"seed":1}')
    await writeFile(join(folder, 'metrics.jsonl'), '')
    expect(await reportHtml(folder)).toContain('No step has been logged yet.')
  })

  it('refuses a folder that holds no run', async () => {
    await expect(reportHtml(folder)).rejects.toThrow(
      `cli.reportHtml: folder must hold a run, got no settings.json in '${folder}' (ENOENT). A run writes it when it starts to log.`,
    )
  })
})
