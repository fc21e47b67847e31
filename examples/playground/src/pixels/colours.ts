/** The pad's colours with their names: a choice of those that the faces have. */
export const COLOURS: readonly (readonly [name: string, hex: string])[] = [
  ['skin, light', '#ffdbac'],
  ['skin, medium', '#e0b687'],
  ['skin, brown', '#b68655'],
  ['skin, dark', '#8d5524'],
  ['hair, blond', '#cab188'],
  ['hair, brown', '#603a14'],
  ['hair, black', '#28150a'],
  ['hair, red', '#bd1700'],
  ['hair, blue', '#009bbd'],
  ['cloth, yellow', '#ffd969'],
  ['cloth, red', '#d11141'],
  ['cloth, green', '#00b159'],
  ['cloth, blue', '#03396c'],
  ['background, blue', '#b6e3f4'],
  ['background, lilac', '#c0aede'],
  ['black', '#000000'],
  ['grey', '#7f7f7f'],
  ['white', '#ffffff'],
]

/** The red, green and blue of a colour #rrggbb, in [-1, 1]. */
export function signedColour(hex: string): number[] {
  return [1, 3, 5].map(at => Number.parseInt(hex.slice(at, at + 2), 16) / 127.5 - 1)
}

/** Fill a fieldset with the colours as radio buttons. */
export function palette(host: HTMLElement): { readonly colour: number[] } {
  let chosen = COLOURS.length - 3
  for (const [i, [name, hex]] of COLOURS.entries()) {
    const label = document.createElement('label')
    const input = document.createElement('input')
    Object.assign(input, { type: 'radio', name: 'colour', checked: i === chosen })
    input.setAttribute('aria-label', name)
    input.addEventListener('change', () => {
      chosen = i
    })
    const swatch = document.createElement('span')
    swatch.title = name
    swatch.style.background = hex
    label.append(input, swatch)
    host.append(label)
  }
  return {
    get colour() {
      return signedColour(COLOURS[chosen]![1])
    },
  }
}
