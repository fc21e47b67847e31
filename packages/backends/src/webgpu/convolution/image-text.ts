import { constants, typeOf, type Width } from '../shader-text.js'

/** A convolution's sizes and places, named as tfjs names them. */
export type ConvInfo = import('@tensorflow/tfjs-core').backend_util.Conv2DInfo

/**
 * `pixel(sample, at, channel, wanted)` in WGSL: `width` neighbouring channels of an image's pixel; 0 outside of the
 * image, and where it isn't wanted. It always reads something, so that reads don't wait for a condition.
 *
 * @param size  height, width and channels of the images
 */
export const imageText = (
  name: string,
  [height, width, channels]: readonly [number, number, number],
  numbers: Width,
): string => `
${constants({ IMAGE_HEIGHT: height, IMAGE_WIDTH: width, CHANNELS: channels })}
fn pixel(sample: u32, at: vec2<i32>, channel: u32, wanted: bool) -> ${typeOf(numbers)} {
  let inside = wanted && all(at >= vec2<i32>()) && all(at < vec2<i32>(${height}, ${width}));
  let place = ((sample * IMAGE_HEIGHT + u32(at.x)) * IMAGE_WIDTH + u32(at.y)) * CHANNELS + channel;
  return select(${typeOf(numbers)}(), ${name}[select(0u, place / ${numbers}u, inside)], inside);
}`

/**
 * `seen(pixel, number, wanted)` in WGSL: channels of x under a tap of an output pixel. The number counts channels of
 * the first tap, then those of the next.
 */
export const seenText = (info: ConvInfo, numbers: Width): string => `
${imageText('x', [info.inHeight, info.inWidth, info.inChannels], numbers)}
${constants({
  OUT_PIXELS: info.outHeight * info.outWidth,
  OUT_WIDTH: info.outWidth,
  TAPS_WIDE: info.filterWidth,
})}
fn seen(pixelNumber: u32, number: u32, wanted: bool) -> ${typeOf(numbers)} {
  let tap = number / CHANNELS;
  let out = vec2<i32>(vec2<u32>(pixelNumber % OUT_PIXELS / OUT_WIDTH, pixelNumber % OUT_WIDTH));
  let first = out * vec2<i32>(${info.strideHeight}, ${info.strideWidth}) - vec2<i32>(${info.padInfo.top}, ${info.padInfo.left});
  let at = first + vec2<i32>(vec2<u32>(tap / TAPS_WIDE, tap % TAPS_WIDE));
  return pixel(pixelNumber / OUT_PIXELS, at, number % CHANNELS, wanted);
}`

/** What a convolution's products are called. */
export const nameOf = (kind: string, { inShape, outShape, ...info }: ConvInfo): string =>
  `${kind} [${inShape}] [${info.filterHeight},${info.filterWidth}] [${outShape}]`
