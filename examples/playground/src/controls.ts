import type { State } from './state.js'
import type { Store } from './store.js'

/** Connect every control whose name is a key of the state to that key, both ways; sliders show their number. */
export function bindControls(root: ParentNode, store: Store): void {
  const controls = root.querySelectorAll<HTMLInputElement | HTMLSelectElement>('input[name], select[name]')
  for (const control of controls) {
    const key = control.name as keyof State
    control.addEventListener('input', () => {
      const value = typeof store.state[key] === 'number' ? Number(control.value) : control.value
      store.change({ [key]: value })
    })
  }
  const show = () => {
    for (const control of controls) {
      const value = String(store.state[control.name as keyof State])
      if (control.type === 'radio') (control as HTMLInputElement).checked = control.value === value
      else control.value = value
      const output = control.parentElement?.querySelector('output')
      if (output) output.textContent = value
    }
  }
  store.listen(show)
  show()
}
