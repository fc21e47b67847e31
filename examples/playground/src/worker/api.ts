import { Plane } from './plane.js'
import type { Place, PlaneSettings, Progress, TrainingSettings, ViewSettings } from './plane-messages.js'
import { race } from './race.js'
import type { RaceReport, Racing } from './race-messages.js'
import { start } from './start.js'

/** Events that the worker sends besides its answers. */
export type Event = { progress: Progress } | { race: RaceReport }

/** The two series of the page: the shipped one at its top, and the one of the laboratory. */
export type Which = 'shipped' | 'lab'

/** The functions that the page calls. They run in a worker, or in the page where a worker can't start. */
export function createApi(tell: (event: Event) => void) {
  const planes: Partial<Record<Which, Plane>> = {}
  let racing = 0

  return {
    start,

    /** The addresses of what has been loaded here. */
    loaded: () => performance.getEntriesByType('resource').map(({ name }) => name),

    /** Begin a series, or go on with one that has been trained before. */
    async open(which: Which, settings: PlaneSettings, rounds: readonly Float32Array[] = []) {
      await planes[which]?.dispose()
      planes[which] = new Plane(settings, rounds)
    },
    train: (settings: TrainingSettings) => planes.lab?.train(settings, progress => tell({ progress })),
    reflow: () => planes.lab?.reflow(),
    stop: () => planes.lab?.stop(),
    save: () => planes.lab?.save(),
    pairs: (which: Which, round: number) => planes[which]?.pairs(round),
    view: (which: Which, settings: ViewSettings) => planes[which]?.view(settings),
    through: (which: Which, round: number, place: Place) => planes[which]?.through(round, place),
    straightness: (which: Which, round: number) => planes[which]?.straightness(round),
    error: (which: Which, settings: ViewSettings) => planes[which]?.error(settings),

    /** Train several flows in turn on pairs of the shipped 1-rectified flow; another race, or `stopRace`, ends it. */
    async race(settings: Racing) {
      const turn = ++racing
      if (planes.shipped)
        await race(planes.shipped, settings, report => {
          tell({ race: report })
          return turn === racing
        })
    },
    stopRace() {
      racing++
    },
  }
}

export type Api = ReturnType<typeof createApi>
