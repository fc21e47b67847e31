import { element } from '../dom.js'
import type { ErrorPoint } from '../worker/plane-messages.js'
import { distanceText } from './distance-text.js'

/** What is known of one flow of the series. */
export interface Numbers {
  /** Whether it has been trained. */
  trained: boolean
  straightness?: number | undefined
  /** Errors with the chosen solver, the fewest network calls first. */
  errors: ErrorPoint[]
  /** Errors with Euler's method under the paper's new rule, in a few network calls. */
  ruled: ErrorPoint[]
}

/** The list of flows, one row per round of Reflow. The page shows the selected one. */
export interface Flows {
  readonly all: readonly Numbers[]
  readonly selected: number
  readonly last: number
  show(round: number, numbers: Partial<Numbers>): void
  select(round: number): void
  add(): void
  /** Begin a series: `trained` flows, or a single untrained one. */
  reset(trained: number): void
}

/** @param onSelect  called when another flow is selected */
export function flows(onSelect: () => void): Flows {
  const body = element<HTMLTableSectionElement>('rounds')
  const all: Numbers[] = []
  let selected = 0

  function addRow(trained: boolean): void {
    const round = all.push({ trained, errors: [], ruled: [] }) - 1
    const row = document.createElement('tr')
    row.innerHTML =
      `<th scope="row"><label class="flow-${round % 4}"><input type="radio" name="round" value="${round}"> ${round + 1}-RF</label></th>` +
      '<td data-key="bend">–</td><td data-key="least">–</td><td data-key="most">–</td>'
    row.querySelector('input')?.addEventListener('change', () => {
      selected = round
      onSelect()
    })
    body.append(row)
  }

  function mark(): void {
    for (const input of body.querySelectorAll('input')) input.checked = Number(input.value) === selected
  }

  function reset(trained: number): void {
    all.length = 0
    body.replaceChildren()
    for (let round = 0; round < Math.max(1, trained); round++) addRow(trained > 0)
    selected = all.length - 1
    mark()
  }

  reset(0)
  return {
    all,
    get selected() {
      return selected
    },
    get last() {
      return all.length - 1
    },
    show(round, numbers) {
      const known = all[round]
      if (!known) return
      const { straightness, errors } = Object.assign(known, numbers)
      const texts = {
        bend: straightness?.toFixed(3),
        least: errors[0] && distanceText(errors[0]),
        most: errors.at(-1)?.nfe === 32 ? distanceText(errors.at(-1)!) : undefined,
      }
      for (const [key, text] of Object.entries(texts))
        body.rows[round]!.querySelector(`[data-key=${key}]`)!.textContent = text ?? '–'
    },
    select(round) {
      selected = round
      mark()
      onSelect()
    },
    add() {
      addRow(false)
      selected = all.length - 1
      mark()
    },
    reset,
  }
}
