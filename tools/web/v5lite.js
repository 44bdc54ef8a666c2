// SPDX-License-Identifier: MIT
// v5lite in browsers (windows and workers) and Node: finds objects in pictures. v5lite.d.ts documents every function.
//
//     import {load} from './v5lite.js';
//     const detector = await load('digits.v5l', {size: 384});
//     for (const {x0, y0, x1, y1, score, name} of detector.detect(imageData)) ...
//     detector.close();
//
// A detector has a WebAssembly instance of its own, without imports. Its memory: stack, data, model, class filter, net, net for
// raw heads (made by the first network()), and for each call detections, picture and heads.

const STATUS_ARGUMENT = -1, STATUS_MEMORY = -3;
const PLAIN = 0, OBSERVED = 1; // nets of v5lite_web.c
const DETECTION_BYTES = 24, ADDRESS_SPACE = 2 ** 32, PAGE = 65536;
const MAX_IDLE = 4, MAX_IDLE_BYTES = 64 * 2 ** 20; // instances of closed detectors, for the next load()

/** An error with a status of v5lite.h. */
export class V5liteError extends Error {
  constructor(message, status = STATUS_ARGUMENT) {
    super(message.replace(/[\x00-\x1f\x7f]+/g, ' ')); // one line
    this.name = 'V5liteError';
    this.status = status;
  }
}

const half = (n) => Math.ceil(n / 2);
// Name: number in v5lite.h, bytes of a picture.
const FORMATS = {
  rgb: [0, (w, h) => 3 * w * h],
  bgr: [1, (w, h) => 3 * w * h],
  rgba: [2, (w, h) => 4 * w * h],
  bgra: [3, (w, h) => 4 * w * h],
  gray: [4, (w, h) => w * h],
  nv12: [5, (w, h) => w * h + 2 * half(w) * half(h)],
  i420: [6, (w, h) => w * h + 2 * half(w) * half(h)],
  yuyv: [7, (w, h) => 4 * half(w) * h],
  nv21: [8, (w, h) => w * h + 2 * half(w) * half(h)],
  uyvy: [9, (w, h) => 4 * half(w) * h],
  rgb565: [10, (w, h) => 2 * w * h],
  rgbPlanar: [11, (w, h) => 3 * w * h],
  i422: [12, (w, h) => w * h + 2 * half(w) * h],
  i444: [13, (w, h) => 3 * w * h],
};
const MATRICES = {bt601: 0, bt709: 1}, RANGES = {limited: 0, full: 1};
const OPTIONS = {size: 320, confidence: 0.25, iou: 0.45, maxDetections: 300, multiLabel: false, agnostic: false, classes: null,
                 threads: 1, wasm: null};
// Options of v5lite.h by their names here.
const OPTION_NAMES = {width: 'size', height: 'size', max_detections: 'maxDetections'};

/* ---- reading files ---- */

const isNode = typeof process === 'object' && Boolean(process.versions?.node) && typeof window === 'undefined';

/** Reads an address; in Node also a path or file: address. */
async function readAddress(address) {
  const text = String(address), isFile = /^file:/i.test(text);
  try {
    if (isNode && (isFile || !/^[a-z][a-z0-9+.-]+:/i.test(text))) {
      const {readFile} = await import(/* @vite-ignore */ /* webpackIgnore: true */ 'node:fs/promises');
      return await readFile(isFile ? new URL(text) : text);
    }
    const response = await fetch(text);
    if (!response.ok) throw new Error(`HTTP status ${response.status}`);
    return new Uint8Array(await response.arrayBuffer());
  } catch (error) {
    throw new V5liteError(`${text.slice(0, 200)}: ${error.cause?.message || error.message}`);
  }
}

/** Returns a view of an array or buffer, which may be of another realm, such as a frame's; null for others. */
function bytesOf(buffer) {
  if (ArrayBuffer.isView(buffer)) return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  return /^\[object (Shared)?ArrayBuffer\]$/.test(Object.prototype.toString.call(buffer)) ? new Uint8Array(buffer) : null;
}

async function readSource(source, what) {
  if (typeof source === 'string' || source instanceof URL) return readAddress(source);
  if (typeof Blob !== 'undefined' && source instanceof Blob) {
    return new Uint8Array(await source.arrayBuffer().catch(({message}) => {
      throw new V5liteError(`${what}: ${message}`);
    }));
  }
  const bytes = bytesOf(source);
  if (bytes === null) throw new V5liteError(`${what}: expected an address, bytes or a Blob`);
  return bytes;
}

/* ---- instances ---- */

let ownModule = null; // promise of the compiled v5lite.wasm
const idle = [];

async function compile(source) {
  if (source instanceof WebAssembly.Module) return source;
  const bytes = await readSource(source, 'wasm');
  try {
    return await WebAssembly.compile(bytes);
  } catch (error) {
    throw new V5liteError(`wasm: ${error.message}`);
  }
}

function moduleOf(wasm) {
  if (wasm !== null) return compile(wasm);
  ownModule ??= compile(new URL('./v5lite.wasm', import.meta.url)).catch((error) => {
    ownModule = null;
    throw error;
  });
  return ownModule;
}

/** One WebAssembly instance and what lies in its memory. */
class Instance {
  constructor(module, exports) {
    this.module = module;
    this.exports = exports;
    this.top = exports.free() >>> 0; // the first free byte
  }

  static async take(module) {
    const at = idle.findIndex((instance) => instance.module === module);
    if (at >= 0) return idle.splice(at, 1)[0];
    try {
      return new Instance(module, (await WebAssembly.instantiate(module)).exports);
    } catch (error) {
      throw new V5liteError(`wasm: ${error.message}`, STATUS_MEMORY);
    }
  }

  /** Keeps the instance for the next load(). */
  give() {
    this.top = this.exports.free() >>> 0;
    if (idle.length < MAX_IDLE && this.exports.memory.buffer.byteLength <= MAX_IDLE_BYTES) idle.push(this);
  }

  /** Returns the address of `bytes` free bytes from `from` on, aligned for models, nets and pictures. */
  place(bytes, from = this.top) {
    const at = Math.ceil(from / 64) * 64, {memory} = this.exports;
    const missing = at + bytes - memory.buffer.byteLength;
    try {
      if (at + bytes > ADDRESS_SPACE) throw new RangeError();
      if (missing > 0) memory.grow(Math.ceil(missing / PAGE));
    } catch {
      throw new V5liteError(`memory: ${bytes} bytes more than ${at}: not available`, STATUS_MEMORY);
    }
    return at;
  }

  /** As place; the bytes are then in use until give(). */
  keep(bytes) {
    const at = this.place(bytes);
    this.top = at + bytes;
    return at;
  }

  /** Returns a view, valid until memory grows. */
  view(Type, address, count) {
    return new Type(this.exports.memory.buffer, address >>> 0, count);
  }

  text(address) {
    const bytes = new Uint8Array(this.exports.memory.buffer, address >>> 0);
    return address === 0 ? '' : new TextDecoder().decode(bytes.slice(0, bytes.indexOf(0)));
  }

  /** Throws the library's text for a negative status, else returns the number. */
  check(status, what) {
    if (status >= 0) return status;
    throw new V5liteError(`${what}: ${this.text(this.exports.text(status))}`, status);
  }

  createNet(net) {
    const {exports} = this, bytes = exports.net_bytes(net), option = this.text(exports.option());
    this.check(bytes, OPTION_NAMES[option] ?? (option || 'size'));
    this.check(exports.create(net, this.keep(bytes), bytes), 'net');
  }
}

/* ---- arguments ---- */

/** Returns a wrong argument as text. */
const shown = (value) => (/object|function|symbol/.test(typeof value) && value !== null ? `(${typeof value})` : String(value));

function integer(value, what) {
  if (Number.isInteger(value) && Math.abs(value) <= 0x7FFFFFFF) return value;
  throw new V5liteError(`${what}: ${shown(value)}: expected an integer`);
}

function number(value, what) {
  if (typeof value === 'number') return value;
  throw new V5liteError(`${what}: ${shown(value)}: expected a number`);
}

function choice(value, table, what) {
  if (typeof value === 'string' && Object.hasOwn(table, value)) return table[value];
  throw new V5liteError(`${what}: ${shown(value)}: expected one of ${Object.keys(table).join(' ')}`);
}

function checkOptions(given) {
  if (given === null || typeof given !== 'object') throw new V5liteError('options: expected an object');
  const options = {...OPTIONS};
  for (const name of Object.keys(given)) {
    choice(name, OPTIONS, 'option');
    if (given[name] !== undefined) options[name] = given[name];
  }
  if (options.threads !== 1) throw new V5liteError(`threads: ${shown(options.threads)}: expected 1`);
  const sides = Array.isArray(options.size) ? options.size : [options.size, options.size];
  if (sides.length !== 2) throw new V5liteError('size: expected a number or [width, height]');
  options.size = sides.map((side) => integer(side, 'size'));
  integer(options.maxDetections, 'maxDetections');
  number(options.confidence, 'confidence');
  number(options.iou, 'iou');
  if (options.classes !== null && !Array.isArray(options.classes)) throw new V5liteError('classes: expected an array');
  return options;
}

/* ---- pictures ---- */

let canvas = null; // for pictures that only a canvas reads

function newCanvas(width, height) {
  if (typeof OffscreenCanvas !== 'undefined') return new OffscreenCanvas(width, height);
  if (typeof document === 'undefined') throw new V5liteError('image: expected {data, width, height}');
  return Object.assign(document.createElement('canvas'), {width, height});
}

/** Returns the pixels of a VideoFrame, ImageBitmap, canvas, <video> or <img>. */
function draw(image) {
  const width = image.displayWidth ?? image.videoWidth ?? image.naturalWidth ?? image.width;
  const height = image.displayHeight ?? image.videoHeight ?? image.naturalHeight ?? image.height;
  if (!(width > 0 && height > 0)) throw new V5liteError(`image: ${width} x ${height} pixels: expected a loaded picture`);
  canvas ??= newCanvas(width, height);
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  const context = canvas.getContext('2d', {willReadFrequently: true});
  context.globalCompositeOperation = 'copy'; // nothing of the picture before shows through
  try {
    context.drawImage(image, 0, 0, width, height);
    return context.getImageData(0, 0, width, height);
  } catch (error) {
    throw new V5liteError(`image: ${error.message}`);
  }
}

/** Returns a picture's bytes and what v5lite_web.c needs to know of them. */
function pixelsOf(image) {
  if (image === null || typeof image !== 'object') throw new V5liteError('image: expected a picture');
  const {data, width, height, format = 'rgba', yuvMatrix = 'bt601', yuvRange = 'limited'} =
    'data' in image ? image : draw(image);
  const [code, bytesFor] = choice(format, FORMATS, 'format');
  const expected = bytesFor(integer(width, 'width'), integer(height, 'height'));
  if (width < 1 || height < 1) throw new V5liteError(`image: ${width} x ${height} pixels: expected at least 1 x 1`);
  if (!/^\[object Uint8(Clamped)?Array\]$/.test(Object.prototype.toString.call(data))) {
    throw new V5liteError('data: expected a Uint8Array or Uint8ClampedArray');
  }
  if (data.length !== expected) {
    throw new V5liteError(`data: ${data.length} bytes: expected ${expected} for ${width} x ${height} pixels of ${format}`);
  }
  const matrix = choice(yuvMatrix, MATRICES, 'yuvMatrix'), range = choice(yuvRange, RANGES, 'yuvRange');
  return {data, width, height, code, matrix, range};
}

/* ---- the detector ---- */

function readInfo(instance) {
  const {exports} = instance;
  const [width, height, memoryBytes, macs, maxStride, classCount, headCount, opCount, parameterCount, weightBytes, fileBytes] =
    instance.view(Float64Array, exports.numbers(), 11);
  const heads = Array.from({length: headCount}, (_, head) => {
    const flat = instance.view(Float32Array, exports.head_anchors(head), 2 * exports.head_anchor_count(head));
    const anchors = Array.from({length: flat.length / 2}, (_, i) => Object.freeze([flat[2 * i], flat[2 * i + 1]]));
    return Object.freeze({stride: exports.head_stride(head), anchors: Object.freeze(anchors)});
  });
  const names = Array.from({length: classCount}, (_, id) => instance.text(exports.class_name(id)));
  const hash = Array.from(instance.view(Uint8Array, exports.source_sha256(), 32), (byte) => byte.toString(16).padStart(2, '0'));
  return Object.freeze({
    version: instance.text(exports.version()), width, height, memoryBytes, macs, maxStride, classNames: Object.freeze(names),
    heads: Object.freeze(heads), opCount, parameterCount, weightBytes, fileBytes, exporter: instance.text(exports.exporter()),
    sourceSha256: hash.join(''),
  });
}

class Detector {
  #instance;
  #hasObserved = false;
  #maxDetections;

  /** @private Use load(). */
  constructor(instance, options) {
    this.#instance = instance;
    this.#maxDetections = options.maxDetections;
    this.info = readInfo(instance);
    Object.freeze(this);
  }

  detect(image) {
    return this.#guard((instance) => this.#run(instance, pixelsOf(image), []).detections);
  }

  network(image) {
    return this.#guard((instance) => {
      const picture = pixelsOf(image);
      if (!this.#hasObserved) this.#createObserved(instance);
      const {width, height, heads, classNames} = this.info;
      return this.#run(instance, picture, heads.map(({stride, anchors}) =>
        ({stride, shape: [height / stride, width / stride, anchors.length, 5 + classNames.length]}))).heads;
    });
  }

  close() {
    this.#instance?.give();
    this.#instance = null;
  }

  #createObserved(instance) {
    const {top} = instance;
    try {
      instance.createNet(OBSERVED);
    } catch (error) {
      instance.top = top;
      throw error;
    }
    this.#hasObserved = true;
  }

  /** Runs a net. shapes: of the heads to return; none: returns detections. */
  #run(instance, {data, width, height, code, matrix, range}, shapes) {
    const {exports} = instance, capacity = this.#maxDetections;
    const sizes = shapes.map(({shape}) => shape.reduce((product, side) => product * side, 1));
    const total = sizes.reduce((sum, size) => sum + size, 0);
    const found = instance.place(capacity * DETECTION_BYTES);
    const pixels = instance.place(data.length, found + capacity * DETECTION_BYTES);
    let at = instance.place(4 * total, pixels + data.length);
    instance.view(Uint8Array, pixels, data.length).set(data);
    const count = instance.check(
      exports.detect(pixels, width, height, code, matrix, range, found, capacity, total > 0 ? at : 0), 'image');
    if (total === 0) return {detections: this.#detections(instance, found, count)};
    const heads = shapes.map(({stride, shape}, head) => {
      const values = instance.view(Float32Array, at, sizes[head]).slice();
      at += 4 * sizes[head];
      return {stride, shape, data: values};
    });
    return {heads};
  }

  #detections(instance, address, count) {
    const floats = instance.view(Float32Array, address, 6 * count), words = instance.view(Int32Array, address, 6 * count);
    return Array.from({length: count}, (_, i) => {
      const [x0, y0, x1, y1, score] = floats.subarray(6 * i, 6 * i + 5), classId = words[6 * i + 5];
      return {x0, y0, x1, y1, score, classId, name: this.info.classNames[classId]};
    });
  }

  /** Calls with the instance. After a trap, which a fault of the library would cause, the detector is closed. */
  #guard(call) {
    if (this.#instance === null) throw new V5liteError('detector: it is closed');
    try {
      return call(this.#instance);
    } catch (error) {
      if (!(error instanceof WebAssembly.RuntimeError)) throw error;
      this.#instance = null;
      throw new V5liteError(`detector: ${error.message}: it is closed`);
    }
  }
}

function prepare(instance, bytes, options) {
  const {exports} = instance, at = instance.keep(bytes.length);
  instance.view(Uint8Array, at, bytes.length).set(bytes);
  instance.check(exports.open(at, bytes.length), 'model');
  exports.set_input(...options.size);
  exports.set_limits(options.confidence, options.iou, options.maxDetections);
  let filter = 0;
  if (options.classes !== null) {
    const count = instance.view(Float64Array, exports.numbers(), 6)[5];
    filter = instance.keep(count);
    const flags = instance.view(Uint8Array, filter, count).fill(0);
    for (const id of options.classes) {
      if (!(integer(id, 'classes') >= 0 && id < count)) throw new V5liteError(`classes: ${id}: expected 0 .. ${count - 1}`);
      flags[id] = 1;
    }
  }
  exports.set_classes(Number(Boolean(options.multiLabel)), Number(Boolean(options.agnostic)), filter);
  instance.createNet(PLAIN);
  return new Detector(instance, options);
}

export async function load(source, options = {}) {
  const checked = checkOptions(options);
  const [bytes, module] = await Promise.all([readSource(source, 'model'), moduleOf(checked.wasm)]);
  const instance = await Instance.take(module);
  try {
    return prepare(instance, bytes, checked);
  } catch (error) {
    if (error instanceof V5liteError) instance.give(); // after a trap the instance is not used again
    throw error;
  }
}
