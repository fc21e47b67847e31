/**
 * Let the page work without a network from now on: a service worker keeps what has been loaded. A browser that can't do that is no
 * error.
 *
 * @param more  addresses that the page's worker has loaded
 */
export async function workOffline(more: readonly string[]): Promise<void> {
  try {
    await navigator.serviceWorker.register('./sw.js')
    const { active } = await navigator.serviceWorker.ready
    const own = performance.getEntriesByType('resource').map(({ name }) => name)
    const page = location.href.replace(/[?#].*/, '')
    active?.postMessage([page, ...new Set([...own, ...more].filter(url => url.includes('/assets/')))])
  } catch {}
}
