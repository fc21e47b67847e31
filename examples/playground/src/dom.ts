/** The element with an id. The page must have it. */
export function element<T extends HTMLElement = HTMLElement>(id: string): T {
  return document.getElementById(id) as T
}

export const canvas = (id: string) => element<HTMLCanvasElement>(id)
export const button = (id: string) => element<HTMLButtonElement>(id)

/** Whether the user's system asks for reduced motion. */
export const calm = () => matchMedia('(prefers-reduced-motion: reduce)').matches

/** Show a message in the status line, which screen readers speak. */
export function announce(text: string): void {
  element('status').textContent = text
}

/** Call `paint` whenever the colours of the page's theme change. */
export function onTheme(paint: () => void): void {
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', paint)
}
