import { element } from './dom.js'

/** The known measurements of one flow of the series. */
export interface Numbers {
  /** Steps of its last training. */
  step?: number
  loss?: number
  straightness?: number
  oneStepDistance?: number
  distance?: number
}

/** The table of flows, one row per round of Reflow. The page shows the selected one. */
export interface Rounds {
  readonly selected: number
  readonly last: number
  /** Whether the last flow has been trained. */
  readonly trained: boolean
  numbers(round: number): Numbers
  show(round: number, numbers: Numbers): void
  select(round: number): void
  add(): void
  /** Go back to a single untrained flow. */
  reset(): void
}

/** With 700 particles, distances below this can't be told from 0. */
const NEAREST = 0.05

const distanceText = (value: number) => (value < NEAREST ? `<${NEAREST}` : value.toFixed(2))

const columns: { key: keyof Numbers; text: (value: number) => string }[] = [
  { key: 'loss', text: value => value.toFixed(3) },
  { key: 'straightness', text: value => value.toFixed(3) },
  { key: 'oneStepDistance', text: distanceText },
  { key: 'distance', text: distanceText },
]

/** @param onSelect  called when another flow is selected */
export function rounds(onSelect: () => void): Rounds {
  const body = element<HTMLTableSectionElement>('rounds')
  let all: Numbers[] = [{}]
  let selected = 0

  function addRow(round: number): void {
    const row = document.createElement('tr')
    const name = `${round + 1}-RF`
    row.innerHTML =
      `<th scope="row"><label><input type="radio" name="round" value="${round}"> ${name}</label></th>` +
      columns.map(({ key }) => `<td data-key="${key}">–</td>`).join('')
    row.querySelector('input')?.addEventListener('change', () => {
      selected = round
      onSelect()
    })
    body.append(row)
    mark()
  }

  function mark(): void {
    for (const input of body.querySelectorAll('input')) input.checked = Number(input.value) === selected
  }

  addRow(0)
  return {
    get selected() {
      return selected
    },
    get last() {
      return all.length - 1
    },
    get trained() {
      return all.at(-1)?.step !== undefined
    },
    numbers: round => all[round] ?? {},
    show(round, numbers) {
      const known = Object.assign(all[round] ?? {}, numbers)
      for (const { key, text } of columns) {
        const cell = body.rows[round]?.querySelector(`[data-key=${key}]`)
        const value = known[key]
        if (cell) cell.textContent = value === undefined ? '–' : text(value)
      }
    },
    select(round) {
      selected = round
      mark()
      onSelect()
    },
    add() {
      selected = all.push({}) - 1
      addRow(selected)
    },
    reset() {
      all = [{}]
      selected = 0
      body.replaceChildren()
      addRow(0)
    },
  }
}
