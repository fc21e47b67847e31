import { CALLS, type SolverName } from '../choices.js'
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
/** And those where the paper's new rule helps: below 3 it is Euler's method. */
const RULED = [2, 3, 4, 5]

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
    const lines = list.all.flatMap(({ errors, ruled }, round): ErrorLine[] => [
      { name: `${round + 1}-RF`, round, points: errors },
      { name: '', round, dashed: true, points: store.state.solver === 'euler' ? ruled : [] },
    ])
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
    /** Measure one number after another; false once they would no longer be of these flows. */
    const along = async (
      round: number,
      key: 'errors' | 'ruled',
      by: SolverName,
      calls: readonly number[],
    ) => {
      const points: ErrorPoint[] = []
      for (const nfe of calls) {
        const point = await worker.error('lab', { round, solver: by, nfe })
        if (stale() || !point) return false
        points.push(point)
        list.show(round, { [key]: [...points] })
        show()
      }
      return true
    }
    for (const [round, { trained, errors }] of all.entries()) {
      if (!trained || errors.at(-1)?.nfe === 32) continue
      const straightness = await worker.straightness('lab', round)
      if (stale() || straightness === undefined) return
      list.show(round, { straightness })
      const calls = GRID.filter(nfe => nfe % CALLS[solver] === 0)
      if (!(await along(round, 'errors', solver, calls))) return
    }
    for (const [round, { trained, ruled }] of all.entries())
      if (trained && solver === 'euler' && ruled.length < RULED.length)
        if (!(await along(round, 'ruled', 'newRule', RULED))) return
  })
}
