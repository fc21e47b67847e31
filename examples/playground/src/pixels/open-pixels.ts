import { announce, element } from '../dom.js'
import type { Store } from '../store.js'
import type { Backend } from '../worker/start.js'
import { type Crew, startCrew } from './crew.js'

/** Open the sections with images as they come near: until then, nothing of theirs is loaded. */
export function openPixels(store: Store, backend: Backend): void {
  let crew: Promise<Crew> | undefined
  const open = (id: string, lab: (crew: Crew) => Promise<void>) =>
    near(element(id), async () => {
      try {
        crew ??= startCrew(backend)
        await lab(await crew)
      } catch (error) {
        const text = `This part of the page can't start: ${(error as Error).message}.`
        element(`${id}-model`).textContent = text
        announce(text)
      }
    })
  open('digits', async crew => (await import('./digit-lab.js')).digitLab(crew, store, backend))
  open('faces', async crew => (await import('./face-lab.js')).faceLab(crew, store))
}

function near(section: HTMLElement, open: () => void): void {
  const observer = new IntersectionObserver(
    entries => {
      if (!entries.some(entry => entry.isIntersecting)) return
      observer.disconnect()
      open()
    },
    { rootMargin: '150px' },
  )
  observer.observe(section)
}
