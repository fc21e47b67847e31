/** Which of many pictures are drawn next, when there is no time for all of them each time that they change. */
export interface Turns {
  /** All pictures have changed. */
  renew(): void
  /** The picture that the user looks at; undefined where all are alike. */
  attend(picture: number | undefined): void
  /** The next pictures to draw, and the version that they then show; no pictures if all have had their turn. */
  take(most: number): { pictures: readonly number[]; version: number }
}

/**
 * Turns of the pictures of a grid, row by row. Those that are the most versions behind come first. Beside the attended picture they
 * have half its turns, three columns away a quarter.
 */
export function turns(count: number, columns: number): Turns {
  const taken = Array<number>(count).fill(0)
  let version = 0
  let attended: number | undefined

  function urgency(picture: number): number {
    const away = attended === undefined ? 0 : distance(picture, attended, columns)
    return (version - taken[picture]!) / (1 + away)
  }
  return {
    renew() {
      version++
    },
    attend(picture) {
      attended = picture
    },
    take(most) {
      const pictures = [...taken.keys()]
        .filter(picture => taken[picture]! < version)
        .sort((a, b) => urgency(b) - urgency(a))
        .slice(0, most)
      for (const picture of pictures) taken[picture] = version
      return { pictures, version }
    },
  }
}

function distance(a: number, b: number, columns: number): number {
  return Math.hypot((a % columns) - (b % columns), Math.floor(a / columns) - Math.floor(b / columns))
}
