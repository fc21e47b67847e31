import { CALLS } from '../choices.js'
import { element, onTheme } from '../dom.js'
import { latest, type Remote } from '../rpc.js'
import type { Store } from '../store.js'
import type { Api } from '../worker/api.js'
import type { ErrorPoint } from '../worker/plane-messages.js'
import { distanceText } from './distance-text.js'
import { type ErrorLine, paintErrors } from './error-chart.js'
import type { Flows } from './flows.js'
import { verdict } from './verdict.js'

/** Network calls at which errors are measured. */
const GRID = [1, 2, 3, 4, 5, 8, 16, 32]

/**
 * Measures the flows of a list, one number after another, and shows each at once: in the list, the chart and the table.
 *
 * @param idle  whether no flow is being trained: else its numbers would be of no one moment
 */
export function measuring(
  worker: Remote<Api>,
  store: Store,
  list: Flows,
  { idle }: { idle: () => boolean },
): () => void {
  let measured = store.state.solver
  function show(): void {
    const lines: ErrorLine[] = list.all.map(({ errors }, round) => ({
      name: `${round + 1}-RF`,
      round,
      points: errors,
    }))
    paintErrors(element('errors'), lines)
    const rows = GRID.map(nfe => {
      const cells = list.all.map(({ errors }) => {
        const point = errors.find(one => one.nfe === nfe)
        return `<td>${point ? distanceText(point) : '–'}</td>`
      })
      return `<tr><th scope="row">${nfe}</th>${cells.join('')}</tr>`
    })
    const heads = list.all.map((_, round) => `<th scope="col">${round + 1}-RF</th>`)
    element('numbers').innerHTML =
      `<thead><tr><th scope="col">Calls</th>${heads.join('')}</tr></thead><tbody>${rows.join('')}</tbody>`
    element('verdict').textContent = verdict(list.all)
  }

  show()
  onTheme(show)
  return latest(async () => {
    const { solver } = store.state
    const all = [...list.all]
    const stale = () => !idle() || store.state.solver !== solver || all.some((one, i) => one !== list.all[i])
    for (const round of all.keys()) if (solver !== measured) list.show(round, { errors: [] })
    measured = solver
    show()
    if (stale()) return
    for (const [round, { trained, errors }] of all.entries()) {
      if (!trained || errors.at(-1)?.nfe === 32) continue
      const points: ErrorPoint[] = []
      const straightness = await worker.straightness('lab', round)
      if (stale() || straightness === undefined) return
      list.show(round, { straightness })
      for (const nfe of GRID.filter(calls => calls % CALLS[solver] === 0)) {
        const point = await worker.error('lab', { round, solver, nfe })
        if (stale() || !point) return
        points.push(point)
        list.show(round, { errors: [...points] })
        show()
      }
    }
  })
}
