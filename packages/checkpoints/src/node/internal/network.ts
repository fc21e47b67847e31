import { describe } from '@rectified-flow/core'
import type { Dispatcher, fetch } from 'undici'

/** How requests are made. */
export interface Network {
  fetch: typeof fetch
  dispatcher: Dispatcher
}

/**
 * The network through the proxies that the environment names (HTTP_PROXY, HTTPS_PROXY, NO_PROXY, or in lower case), as with
 * curl. undici is loaded at the first download only, because loading takes a fifth of a second. The caller destroys the
 * dispatcher.
 */
export async function openNetwork(where: string): Promise<Network> {
  for (const name of ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY']) {
    const address = process.env[name]
    if (address && !(/^https?:\/\//i.test(address) && URL.canParse(address)))
      throw new RangeError(`${where}: ${name} must be an http or https address, got ${describe(address)}.`)
  }
  const { EnvHttpProxyAgent, fetch } = await import('undici')
  return { fetch, dispatcher: new EnvHttpProxyAgent({ proxyTunnel: false }) }
}
