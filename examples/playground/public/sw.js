// Keeps the page for use without a network. The names of its files hold a hash, so a kept file never changes; for the page
// itself the network is asked first.
const KEPT = 'playground'
const isFile = url => new URL(url).pathname.includes('/assets/')

self.addEventListener('install', () => self.skipWaiting())
self.addEventListener('activate', event => event.waitUntil(self.clients.claim()))

/** The page tells what it has loaded: keep that, and let go of the code of earlier builds. */
self.addEventListener('message', event => event.waitUntil(keep(event.data)))

async function keep(urls) {
  const cache = await caches.open(KEPT)
  for (const { url } of await cache.keys())
    if (/\.(js|css|wasm)$/.test(url) && !urls.includes(url)) await cache.delete(url)
  await Promise.all(
    urls.map(async url => {
      if (!(await cache.match(url, { ignoreVary: true }))) await cache.add(url)
    }),
  )
}

self.addEventListener('fetch', event => {
  const { request } = event
  if (request.method !== 'GET' || new URL(request.url).origin !== self.location.origin) return
  event.respondWith(isFile(request.url) ? keptFirst(request) : networkFirst(request))
})

async function keptFirst(request) {
  const cache = await caches.open(KEPT)
  const kept = await cache.match(request, { ignoreVary: true })
  if (kept) return kept
  const response = await fetch(request)
  if (response.ok) await cache.put(request, response.clone())
  return response
}

async function networkFirst(request) {
  const cache = await caches.open(KEPT)
  try {
    const response = await fetch(request)
    if (response.ok && request.mode === 'navigate') await cache.put(request, response.clone())
    return response
  } catch (error) {
    const kept = await cache.match(request, { ignoreSearch: true, ignoreVary: true })
    if (kept) return kept
    throw error
  }
}
