import { readFileSync } from 'node:fs'
import { linearAssignment } from '@rectified-flow/reflow/transport'
import { describe, expect, it } from 'vitest'

interface Case {
  cost: number[][]
  columns: number[]
  total: number
  unique: boolean
}

const file = new URL('../golden/linear-assignment.json', import.meta.url)
const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { cases: Record<string, Case> }

describe('linearAssignment', () => {
  it.each(Object.entries(cases))(
    "%s: is SciPy's linear_sum_assignment",
    (_, { cost, columns, total, unique }) => {
      const n = cost.length
      const found = [...linearAssignment(cost.flat(), n)]
      expect([...found].sort((a, b) => a - b)).toEqual([...Array(n).keys()])
      expect(found.reduce((sum, column, row) => sum + cost[row]![column]!, 0)).toBeCloseTo(total, 9)
      if (unique) expect(found).toEqual(columns)
    },
  )
})
