// SPDX-License-Identifier: MIT
// Types of v5lite.js. They need neither the types of browsers nor those of Node, and use those that a project has.

/** The type of a global class, or never where there is none. */
type Global<Name extends string> = typeof globalThis extends Record<Name, {prototype: infer T}> ? T : never;
type WebAssemblyModule = typeof globalThis extends {WebAssembly: {Module: {prototype: infer T}}} ? T : never;

/** Where bytes come from: an address (a path, too, in Node), the bytes themselves, or a file that a user chose. */
export type Source = string | Global<'URL'> | ArrayBufferLike | ArrayBufferView | Global<'Blob'>;

export interface Options {
  /**
   * Network input, pixels: one number for a square, or [width, height]. Multiples of info.maxStride, at most 8192.
   * Default: 320.
   */
  size?: number | readonly [width: number, height: number];
  /** 0 .. 1: least score of a detection. Default: 0.25. */
  confidence?: number;
  /** 0 .. 1: a box is dropped if its IoU with a better one is larger. Default: 0.45. */
  iou?: number;
  /** 1 .. 30000: most detections of a picture. Default: 300. */
  maxDetections?: number;
  /** true: a box counts once for every class above `confidence`. Default: false, for the best class only. */
  multiLabel?: boolean;
  /** true: boxes suppress boxes of any class. Default: false, of their own class. */
  agnostic?: boolean;
  /** Numbers of the classes to find. Default: null, all. */
  classes?: readonly number[] | null;
  /** Only 1. For more, load a detector in each worker. */
  threads?: 1;
  /** v5lite.wasm, if it is not next to v5lite.js. */
  wasm?: Source | WebAssemblyModule | null;
}

/** How the bytes of a picture are laid out, without gaps: v5l_pixel_format of v5lite.h. Chroma of odd sizes is rounded up. */
export type PixelFormat =
  | 'rgb' | 'bgr' | 'rgba' | 'bgra' | 'gray' | 'nv12' | 'i420' | 'yuyv' | 'nv21' | 'uyvy' | 'rgb565' | 'rgbPlanar'
  | 'i422' | 'i444';

/** A picture as bytes, rows from top to bottom. ImageData is one. */
export interface Pixels {
  /** 'rgba': height * width * 4 bytes. The format's exact number of bytes, copied by each call. */
  data: Uint8Array | Uint8ClampedArray;
  /** Pixels, 1 .. 32768. */
  width: number;
  /** Pixels, 1 .. 32768. */
  height: number;
  /** Default: 'rgba'. Alpha is ignored. */
  format?: PixelFormat;
  /** How YUV becomes RGB. Default: 'bt601'. */
  yuvMatrix?: 'bt601' | 'bt709';
  /** Default: 'limited', Y of 16 .. 235. */
  yuvRange?: 'limited' | 'full';
}

/** A picture. Those that are no Pixels are drawn on a canvas first, which browsers have and Node lacks. */
export type Picture =
  | Pixels | Global<'ImageData'> | Global<'ImageBitmap'> | Global<'VideoFrame'> | Global<'OffscreenCanvas'>
  | Global<'HTMLCanvasElement'> | Global<'HTMLVideoElement'> | Global<'HTMLImageElement'>;

export interface Detection {
  /** Corners in pixels of the picture: left, top, right, bottom. */
  x0: number;
  y0: number;
  x1: number;
  y1: number;
  /** 0 .. 1. */
  score: number;
  /** 0 .. info.classNames.length - 1. */
  classId: number;
  /** info.classNames[classId]. */
  name: string;
}

/** The raw output of a detect head, before the sigmoid. */
export interface Head {
  /** Input pixels per map pixel. */
  stride: number;
  /** Sides of data: rows, columns, anchors, and 5 + classes: x, y, width, height, objectness, classes. */
  shape: [height: number, width: number, anchors: number, values: number];
  /** Logits, row after row; a copy. */
  data: Float32Array;
}

export interface Info {
  /** Of the library, such as "0.5.0". */
  readonly version: string;
  /** Network input, pixels. */
  readonly width: number;
  readonly height: number;
  /** Bytes of the net, without the model and pictures. */
  readonly memoryBytes: number;
  /** Multiply-accumulates of the convolutions of one detection. */
  readonly macs: number;
  /** What `size` must be a multiple of, pixels. */
  readonly maxStride: number;
  readonly classNames: readonly string[];
  /** Strides in input pixels per map pixel; widths and heights of anchors in input pixels. */
  readonly heads: readonly {
    readonly stride: number;
    readonly anchors: readonly (readonly [width: number, height: number])[];
  }[];
  readonly opCount: number;
  /** Weights and biases. */
  readonly parameterCount: number;
  readonly weightBytes: number;
  readonly fileBytes: number;
  /** Program that wrote the model. */
  readonly exporter: string;
  /** SHA-256 of the checkpoint, 64 hexadecimal digits. */
  readonly sourceSha256: string;
}

/** A model for one input size. Its calls run on the thread that makes them, and return when they are done. */
export interface Detector {
  readonly info: Info;
  /** Finds objects: best first, at most maxDetections. Bit-identical to the library's reference kernels. */
  detect(picture: Picture): Detection[];
  /** Returns the raw heads, in the order of info.heads. The first call needs memory for a second net. */
  network(picture: Picture): Head[];
  /** Gives the memory back, for the next load(). Later calls of detect and network throw. */
  close(): void;
}

/** What every function here throws for bad arguments, models and pictures. The detector stays as it was. */
export class V5liteError extends Error {
  constructor(message: string, status?: number);
  /** v5l_status of v5lite.h, such as -23 for a damaged model; -1 where the library was not called. */
  readonly status: number;
}

/** Reads and checks a model (.v5l), and plans a net. */
export function load(model: Source, options?: Options): Promise<Detector>;
