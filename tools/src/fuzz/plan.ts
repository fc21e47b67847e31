import type { Target } from './target.js'

export interface Case {
  target: string
  number: number
}

/** `count` cases, shared out among the targets. Neighbours are of different targets, so that all work until the end. */
export function* plan(targets: readonly Target[], count: number): Generator<Case> {
  const shares = targets.reduce((sum, target) => sum + target.share, 0)
  const made = new Map(targets.map(target => [target.name, 0]))
  for (let i = 0; i < count; i++) {
    // The target that is furthest behind its share.
    const behind = ({ name, share }: Target) => ((i + 1) * share) / shares - made.get(name)!
    const next = targets.reduce((best, target) => (behind(target) > behind(best) ? target : best))
    const number = made.get(next.name)!
    made.set(next.name, number + 1)
    yield { target: next.name, number }
  }
}
