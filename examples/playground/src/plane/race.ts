import { announce, button, canvas, element, onTheme } from '../dom.js'
import type { Remote } from '../rpc.js'
import type { Api } from '../worker/api.js'
import type { RaceReport, Racer } from '../worker/race-messages.js'
import { distanceText } from './distance-text.js'
import { drawParticles, surface } from './paint.js'

const STEPS = 400

/** What the lanes of a race differ in, under the names that the page's menu has. */
const races: Record<string, readonly (Racer & { name: string })[]> = {
  times: [
    { name: 'Uniform', timesteps: 'uniform', loss: 'squaredL2' },
    { name: 'U-shaped', timesteps: 'uShaped', loss: 'squaredL2' },
    { name: 'Logit-normal', timesteps: 'logitNormal', loss: 'squaredL2' },
    { name: 'Rising', timesteps: 'exponentialRising', loss: 'squaredL2' },
  ],
  losses: [
    { name: 'Squared L2, uniform', timesteps: 'uniform', loss: 'squaredL2' },
    { name: 'Pseudo-Huber, uniform', timesteps: 'uniform', loss: 'pseudoHuber' },
    { name: 'Squared L2, U-shaped', timesteps: 'uShaped', loss: 'squaredL2' },
    { name: 'Pseudo-Huber, U-shaped', timesteps: 'uShaped', loss: 'pseudoHuber' },
  ],
}

/** The race: small panels in which 2-rectified flows learn at once, from the same start, with other times or losses. */
export function raceLab(worker: Remote<Api>): { onReport(report: RaceReport): void } {
  const menu = element<HTMLSelectElement>('race-kind')
  const start = button('race-start')
  let reports: RaceReport[] = []
  let running = false
  let seed = 0

  function lay(): void {
    reports = []
    element('lanes').replaceChildren(
      ...races[menu.value]!.map(({ name }, i) => {
        const lane = document.createElement('figure')
        lane.innerHTML =
          `<figcaption><b>${name}</b> <output id="lane-error-${i}">–</output></figcaption>` +
          `<canvas id="lane-${i}" class="square" role="img" aria-label="${name}: where one step ends"></canvas>` +
          `<div id="lane-times-${i}" class="lane-times"></div>`
        return lane
      }),
    )
  }

  function paint(): void {
    for (const report of reports.filter(Boolean)) {
      const { racer, ends } = report
      drawParticles(surface(canvas(`lane-${racer}`)), [ends, ends], 1, { tails: false })
      element(`lane-times-${racer}`).innerHTML = timesChart(report)
    }
    // Who is nearest to the data now?
    const best = reports.reduce((low, { square }) => Math.min(low, square), Infinity)
    for (const report of reports.filter(Boolean)) {
      const output = element(`lane-error-${report.racer}`)
      output.textContent = distanceText(report)
      output.classList.toggle('best', report.square === best)
    }
    element('race-step').textContent = reports[0] ? `step ${reports[0].step} of ${STEPS}` : ''
  }

  start.addEventListener('click', async event => {
    if (event.detail > 1) return
    if (running) return void worker.stopRace()
    running = true
    menu.disabled = true
    start.textContent = 'Stop'
    lay()
    try {
      await worker.race({ racers: races[menu.value]!, steps: STEPS, seed: seed++ })
      const order = [...reports].sort((a, b) => a.square - b.square)
      const names = order.map(one => `${races[menu.value]![one.racer]!.name} ${distanceText(one)}`)
      announce(`The race ended. Errors in one network call: ${names.join(', ')}.`)
    } finally {
      running = false
      menu.disabled = false
      start.textContent = 'Start the race'
    }
  })
  menu.addEventListener('input', lay)
  onTheme(paint)
  lay()

  return {
    onReport(report) {
      reports[report.racer] = report
      paint()
    },
  }
}

/** The density of the training times as a line, over bars of the mean loss at these times. */
function timesChart({ densities, losses }: RaceReport): string {
  const [width, height] = [160, 44]
  const most = Math.max(...densities)
  const worst = Math.max(...losses.filter(Number.isFinite), 1e-9)
  const bars = losses.map((loss, i) => {
    const tall = Number.isFinite(loss) ? (loss / worst) * height : 0
    const wide = width / losses.length
    return `<rect x="${(i * wide + 0.5).toFixed(1)}" y="${(height - tall).toFixed(1)}" width="${(wide - 1).toFixed(1)}" height="${tall.toFixed(1)}"/>`
  })
  const line = densities.map(
    (density, i) =>
      `${(((i + 0.5) / densities.length) * width).toFixed(1)},${(height - (density / most) * (height - 3)).toFixed(1)}`,
  )
  return (
    `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="Density of the training times, a line, over the mean loss at these times, bars; from data, t = 0, to noise, t = 1">` +
    `${bars.join('')}<polyline points="${line.join(' ')}"/></svg>`
  )
}
