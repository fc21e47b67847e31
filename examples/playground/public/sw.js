// Keeps the page for use without a network, and isolates it, so that wasm can have threads. The names of its files hold a hash, so
// a kept file never changes; for the page itself the network is asked first.
const KEPT = 'playground'
const isFile = url => new URL(url).pathname.includes('/assets/')

self.addEventListener('install', () => self.skipWaiting())
self.addEventListener('activate', event => event.waitUntil(self.clients.claim()))

/** The page tells what it has loaded: keep that, and let go of the files of earlier builds. */
self.addEventListener('message', event => event.waitUntil(keep(event.data)))

async function keep(urls) {
  const cache = await caches.open(KEPT)
  await Promise.all(
    urls.map(async url => {
      if (!(await cache.match(url, { ignoreVary: true }))) await cache.add(url)
    }),
  )
  const files = await filesOfBuild()
  // A page of an earlier build, still open, needs its files.
  if (!urls.filter(isFile).every(url => files.has(url))) return
  for (const { url } of await cache.keys()) if (isFile(url) && !files.has(url)) await cache.delete(url)
}

/** The addresses of all files of the build that the server has now, also of those that no page has loaded yet. */
async function filesOfBuild() {
  const response = await fetch('files.json', { cache: 'no-cache' })
  return new Set((await response.json()).map(file => new URL(file, self.location).href))
}

self.addEventListener('fetch', event => {
  const { request } = event
  const url = new URL(request.url)
  if (request.method !== 'GET' || url.origin !== self.location.origin) return
  const response = isFile(request.url) ? keptFirst(request) : networkFirst(request)
  // A frame in another page is only isolated if that page is: it needs no headers.
  event.respondWith(url.searchParams.has('embed') ? response : response.then(isolated))
})

/** The response with the two headers of an isolated page; its worker's script needs them too. */
function isolated(response) {
  if (response.type === 'opaqueredirect') return response
  const headers = new Headers(response.headers)
  headers.set('Cross-Origin-Opener-Policy', 'same-origin')
  headers.set('Cross-Origin-Embedder-Policy', 'require-corp')
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers })
}

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
