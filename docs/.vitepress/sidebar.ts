import type { DefaultTheme } from 'vitepress'

type Item = DefaultTheme.SidebarItem

/** The pages in their order. A page that is not here is reached by links only. */
export function sidebar(api: Item[]): DefaultTheme.Sidebar {
  const pages = [
    section('Guide', '/guide/', [
      ['The first hour', ''],
      ['1. Points in the plane', 'points'],
      ['2. Straighten the paths', 'reflow'],
      ['3. Measure', 'measure'],
      ['4. Images', 'images'],
      ['5. A one-step image model', 'one-step'],
      ['6. Keep, resume, share', 'keep'],
    ]),
    section('Concepts', '/concepts/', [
      ['All concepts', ''],
      ['Rectified flow', 'rectified-flow'],
      ['Reflow and straightness', 'reflow'],
      ['Times of training', 'timesteps'],
      ['Premetrics', 'premetrics'],
      ['From diffusion to flow', 'diffusion'],
      ['Samplers', 'samplers'],
      ['Inversion and translation', 'inversion'],
      ['Distances between images', 'distances'],
      ['Average velocities', 'average-velocities'],
      ['Averages of weights', 'averages'],
      ['Random numbers', 'random-numbers'],
      ['Backends and compile', 'backends'],
    ]),
    section('Recipes', '/recipes/', [
      ['All recipes', ''],
      ['A folder of images', 'folder'],
      ['Classes and guidance', 'classes'],
      ['Validate', 'validate'],
      ['Resume a run', 'resume'],
      ['Post-train on a distance', 'post-training'],
      ['Clusters', 'clusters'],
      ['Several GPUs or machines', 'ranks'],
      ['Browsers and bundlers', 'browsers'],
      ['Workers', 'workers'],
      ['ONNX', 'onnx'],
      ['Your own parts', 'own-parts'],
      ['To PyTorch and back', 'pytorch'],
    ]),
    section('Coming from Python', '/migration/', [['torchcfm, flow_matching, diffusers', '']]),
    section('Numbers', '/numbers/', [
      ['Results and accuracy', ''],
      ['Peers as judges', 'peers'],
      ['Timings', 'timings'],
      ['The paper in miniature', '../reproduction'],
      ['Architecture', '../architecture'],
    ]),
  ]
  return { '/api/': [{ text: 'API', link: '/api/', items: api }], '/': pages }
}

function section(text: string, folder: string, pages: [string, string][]): Item {
  return {
    text,
    items: pages.map(([text, page]) => ({ text, link: new URL(folder + page, 'file:').pathname })),
  }
}
