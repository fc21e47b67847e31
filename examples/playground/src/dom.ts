/** The element of an id, which the page has. */
export function element<T extends HTMLElement = HTMLElement>(id: string): T {
  return document.getElementById(id) as T
}

export const canvas = (id: string) => element<HTMLCanvasElement>(id)
export const button = (id: string) => element<HTMLButtonElement>(id)

/** Whether motion that nobody asked for should stay away. */
export const calm = () => matchMedia('(prefers-reduced-motion: reduce)').matches

/** Say something to everyone, screen readers included. */
export function announce(text: string): void {
  element('status').textContent = text
}

/** Call `paint` again whenever colours change. */
export function onTheme(paint: () => void): void {
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', paint)
}
