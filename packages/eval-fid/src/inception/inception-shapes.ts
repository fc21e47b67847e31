type Shape = [outputs: number, inputs: number, height: number, width: number]
type Convolutions = Record<string, Shape>

const stem: Convolutions = {
  Conv2d_1a_3x3: [32, 3, 3, 3],
  Conv2d_2a_3x3: [32, 32, 3, 3],
  Conv2d_2b_3x3: [64, 32, 3, 3],
  Conv2d_3b_1x1: [80, 64, 1, 1],
  Conv2d_4a_3x3: [192, 80, 3, 3],
}

const grid35 = (inputs: number, pool: number): Convolutions => ({
  branch1x1: [64, inputs, 1, 1],
  branch5x5_1: [48, inputs, 1, 1],
  branch5x5_2: [64, 48, 5, 5],
  branch3x3dbl_1: [64, inputs, 1, 1],
  branch3x3dbl_2: [96, 64, 3, 3],
  branch3x3dbl_3: [96, 96, 3, 3],
  branch_pool: [pool, inputs, 1, 1],
})

const to17: Convolutions = {
  branch3x3: [384, 288, 3, 3],
  branch3x3dbl_1: [64, 288, 1, 1],
  branch3x3dbl_2: [96, 64, 3, 3],
  branch3x3dbl_3: [96, 96, 3, 3],
}

const grid17 = (inner: number): Convolutions => ({
  branch1x1: [192, 768, 1, 1],
  branch7x7_1: [inner, 768, 1, 1],
  branch7x7_2: [inner, inner, 1, 7],
  branch7x7_3: [192, inner, 7, 1],
  branch7x7dbl_1: [inner, 768, 1, 1],
  branch7x7dbl_2: [inner, inner, 7, 1],
  branch7x7dbl_3: [inner, inner, 1, 7],
  branch7x7dbl_4: [inner, inner, 7, 1],
  branch7x7dbl_5: [192, inner, 1, 7],
  branch_pool: [192, 768, 1, 1],
})

const to8: Convolutions = {
  branch3x3_1: [192, 768, 1, 1],
  branch3x3_2: [320, 192, 3, 3],
  branch7x7x3_1: [192, 768, 1, 1],
  branch7x7x3_2: [192, 192, 1, 7],
  branch7x7x3_3: [192, 192, 7, 1],
  branch7x7x3_4: [192, 192, 3, 3],
}

const grid8 = (inputs: number): Convolutions => ({
  branch1x1: [320, inputs, 1, 1],
  branch3x3_1: [384, inputs, 1, 1],
  branch3x3_2a: [384, 384, 1, 3],
  branch3x3_2b: [384, 384, 3, 1],
  branch3x3dbl_1: [448, inputs, 1, 1],
  branch3x3dbl_2: [384, 448, 3, 3],
  branch3x3dbl_3a: [384, 384, 1, 3],
  branch3x3dbl_3b: [384, 384, 3, 1],
  branch_pool: [192, inputs, 1, 1],
})

const blocks: Record<string, Convolutions> = {
  Mixed_5b: grid35(192, 32),
  Mixed_5c: grid35(256, 64),
  Mixed_5d: grid35(288, 64),
  Mixed_6a: to17,
  Mixed_6b: grid17(128),
  Mixed_6c: grid17(160),
  Mixed_6d: grid17(160),
  Mixed_6e: grid17(192),
  Mixed_7a: to8,
  Mixed_7b: grid8(1280),
  Mixed_7c: grid8(2048),
}

/** The filter shapes [out,in,h,w] of the Inception v3's convolutions, by their names in pytorch-fid's file. */
export function inceptionConvolutions(): Map<string, Shape> {
  const shapes = new Map(Object.entries(stem))
  for (const [block, convolutions] of Object.entries(blocks))
    for (const [name, shape] of Object.entries(convolutions)) shapes.set(`${block}.${name}`, shape)
  return shapes
}
