import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, normalize } from 'node:path'
import { type Browser, chromium } from 'playwright-core'

/** The browser that CHROMIUM names, else Debian's Chromium, else Chrome; undefined if there is none. */
export const chromiumPath = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/google-chrome'].find(
  path => path && existsSync(path),
)

/**
 * Start a real browser. Its WebGPU runs on SwiftShader, which computes on the CPU. The shaders zero the memory of workgroups
 * themselves, because SwiftShader takes most of the time of a compilation to do it.
 */
export function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: chromiumPath!,
    headless: true,
    args: [
      '--no-sandbox',
      '--enable-unsafe-webgpu',
      '--enable-features=Vulkan',
      '--use-vulkan=swiftshader',
      '--use-webgpu-adapter=swiftshader',
      '--disable-dawn-features=use_vulkan_zero_initialize_workgroup_memory_extension',
      '--ignore-gpu-blocklist',
    ],
  })
}

const types: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.wasm': 'application/wasm',
  '.json': 'application/json',
}

/** Serve each folder under its path, for this machine only, with these headers. */
export async function serve(
  folders: Record<string, string>,
  headers: Record<string, string> = {},
): Promise<{ url: string; server: Server }> {
  const prefixes = Object.keys(folders).sort((a, b) => b.length - a.length)
  const server = createServer(async (request, response) => {
    const path = normalize(new URL(request.url ?? '/', 'http://localhost').pathname)
    const prefix = prefixes.find(one => path.startsWith(one))
    try {
      if (!prefix) throw new Error(path)
      const body = await readFile(join(folders[prefix]!, path.slice(prefix.length)))
      response
        .writeHead(200, { ...headers, 'content-type': types[extname(path)] ?? 'application/octet-stream' })
        .end(body)
    } catch {
      response.writeHead(404).end()
    }
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server }
}
