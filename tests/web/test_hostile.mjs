// SPDX-License-Identifier: MIT
// build/web with bad models, options and pictures: one V5liteError each, and the detector and later ones work as before.
import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {V5liteError, WEB, detectionBytes, load, model, picture, run} from './harness.mjs';

const DIGITS = readFileSync(model('digits')), SCENE = await picture('digits.png');
const GIANT = 32768;

async function refused(call, pattern) {
  let error = null;
  try {
    await call();
  } catch (thrown) {
    error = thrown;
  }
  assert.ok(error instanceof V5liteError, `expected a V5liteError, got ${error?.stack}`);
  assert.ok(!error.message.includes('\n') && error.status < 0, error.message);
  assert.match(error.message, pattern);
}

/** Checks that a new detector finds what it found before all these. */
const expected = await detectAgain();
async function detectAgain() {
  const detector = await load(DIGITS, {size: 192});
  const found = detectionBytes(detector.detect(SCENE));
  detector.close();
  return found;
}
async function stillWorks() {
  assert.ok((await detectAgain()).equals(expected));
}

await run({
  async truncated_models() {
    for (const bytes of [0, 1, 4, 63, 64, 127, 1000, 65536, DIGITS.length - 64, DIGITS.length - 1]) {
      await refused(() => load(DIGITS.subarray(0, bytes)), /^model: weights file is truncated/);
    }
    await refused(() => load(Buffer.concat([DIGITS, Buffer.alloc(64)])), /^model: /);
    await stillWorks();
  },

  async damaged_models() {
    for (let at = 0; at < DIGITS.length; at += at < 256 ? 5 : 100003) {
      const damaged = Uint8Array.from(DIGITS);
      damaged[at] ^= 0x40;
      await refused(() => load(damaged), /^model: /);
    }
    await refused(() => load(new Uint8Array(100000).fill(60)), /^model: not a \.v5l weights file/);
    await stillWorks();
  },

  async sources_that_are_none() {
    const moved = new Blob(['x']);
    moved.arrayBuffer = () => Promise.reject(new Error('it has changed'));
    await refused(() => load(moved), /^model: it has changed/);
    await refused(() => load(`data:,${'x'.repeat(1000)}`), /^model: not a/);
    await refused(() => load(`nonsense:${'x'.repeat(1000)}`), /^nonsense:x{191}: /);
    for (const source of [undefined, null, 5, {}, [], () => 0, Symbol('s')]) {
      await refused(() => load(source), /^model: expected/);
    }
    await refused(() => load('/nowhere/model.v5l'), /^\/nowhere\/model\.v5l: ENOENT/);
    await refused(() => load('file:///nowhere/model.v5l'), /ENOENT/);
    await refused(() => load('/'), /EISDIR/);
    await refused(() => load('http://127.0.0.1:1/model.v5l'), /^http:.*: /);
    await refused(() => load('nonsense://model'), /^nonsense:/);
    await refused(() => load(DIGITS, {wasm: new Uint8Array(9)}), /^wasm: /);
    await refused(() => load(DIGITS, {wasm: '/nowhere'}), /ENOENT/);
    await stillWorks();
  },

  async options_out_of_range() {
    const bad = {
      size: [0, -32, 33, 8224, NaN, Infinity, 1e12, 2 ** 32, 320.5, '320', null, [320], [320, 0], [320, 320, 320], [], {},
             Symbol('s'), () => 320, Object.create(null), '3\n2', 320n],
      confidence: [NaN, -1, 1.01, Infinity, '0.5', null],
      iou: [NaN, -0.1, 2, -Infinity, {}],
      maxDetections: [0, -1, 30001, NaN, 2 ** 31, 1.5, '3'],
      classes: [[-1], [10], [NaN], ['0'], 'all', 3, {}],
      threads: [0, 2, NaN, '1', null, Object.create(null)],
    };
    for (const [name, values] of Object.entries(bad)) {
      for (const value of values) await refused(() => load(DIGITS, {[name]: value}), new RegExp(`^${name}: `));
    }
    await refused(() => load(DIGITS, {conf: 0.3}), /^option: conf: expected one of size confidence/);
    for (const options of [null, 5, 'size']) await refused(() => load(DIGITS, options), /^options: expected an object/);
    await stillWorks();
  },

  async pictures_that_break_the_contract() {
    const detector = await load(DIGITS, {size: 192});
    const rgba = new Uint8ClampedArray(4 * 8 * 8), good = {data: rgba, width: 8, height: 8};
    const found = detectionBytes(detector.detect(SCENE));
    const moved = new Uint8Array(256);
    structuredClone(moved.buffer, {transfer: [moved.buffer]});
    const bad = [
      [undefined, /^image: /], [null, /^image: /], [5, /^image: /], ['x', /^image: /], [{}, /^image: /], [[], /^image: /],
      [{...good, data: null}, /^data: /], [{...good, data: [1, 2]}, /^data: /], [{...good, data: rgba.buffer}, /^data: /],
      [{...good, data: new Float32Array(256)}, /^data: /], [{...good, data: new Uint16Array(256)}, /^data: /],
      [{...good, data: moved}, /^data: 0 bytes: expected 256/], [{...good, data: rgba.subarray(1)}, /^data: 255 bytes/],
      [{...good, width: 0}, /^image: 0 x 8/], [{...good, height: -8}, /^image: 8 x -8/], [{...good, width: NaN}, /^width: NaN/],
      [{...good, width: 8.5}, /^width: /], [{...good, width: Infinity}, /^width: /], [{...good, width: '8'}, /^width: /],
      [{...good, width: 2 ** 40}, /^width: /], [{...good, height: undefined}, /^height: /],
      [{...good, format: 'cmyk'}, /^format: cmyk: expected one of rgb/], [{...good, format: 2}, /^format: /],
      [{...good, format: 'toString'}, /^format: /], [{...good, yuvMatrix: 'bt2020'}, /^yuvMatrix: /],
      [{...good, yuvRange: 1}, /^yuvRange: /], [{...good, width: GIANT, height: GIANT}, /^data: .*expected 4294967296/],
      [{data: new Uint8Array(GIANT + 1), width: GIANT + 1, height: 1, format: 'gray'}, /^image: /],
      [{width: 8, height: 8}, /^image: /],
    ];
    for (const [image, pattern] of bad) {
      await refused(() => detector.detect(image), pattern);
      await refused(() => detector.network(image), pattern);
    }
    detector.detect({data: new Uint8Array(GIANT), width: GIANT, height: 1, format: 'gray'});
    assert.ok(detectionBytes(detector.detect(SCENE)).equals(found));
    detector.close();
    await stillWorks();
  },

  async memory_that_grows_during_a_call() {
    const detector = await load(DIGITS, {size: 192});
    const found = detectionBytes(detector.detect(SCENE)), heads = detector.network(SCENE);
    const before = heads.map(({data}) => data.slice());
    detector.detect({data: new Uint8Array(3 * 4096 * 4096), width: 4096, height: 4096, format: 'rgb'});
    assert.deepEqual(heads.map(({data}) => data), before);
    assert.ok(detectionBytes(detector.detect(SCENE)).equals(found));
    detector.close();
  },

  async memory_that_the_engine_refuses() {
    const {grow} = WebAssembly.Memory.prototype;
    const detector = await load(DIGITS, {size: 192});
    const found = detectionBytes(detector.detect(SCENE));
    WebAssembly.Memory.prototype.grow = () => {
      throw new RangeError('refused');
    };
    try {
      const wide = {data: new Uint8Array(2 ** 26), width: 8192, height: 8192, format: 'gray'};
      await refused(() => detector.detect(wide), /^memory: 67108864 bytes more/);
      await refused(() => load(DIGITS, {size: 8192}), /^memory: /);
    } finally {
      WebAssembly.Memory.prototype.grow = grow;
    }
    assert.ok(detectionBytes(detector.detect(SCENE)).equals(found));
    detector.network(SCENE);
    detector.close();
    await stillWorks();
  },

  async a_closed_detector() {
    const detector = await load(DIGITS, {size: 192});
    detector.close();
    detector.close();
    await refused(() => detector.detect(SCENE), /^detector: it is closed/);
    await refused(() => detector.network(SCENE), /^detector: it is closed/);
    const next = await load(DIGITS, {size: 192}); // which uses the memory of the closed one
    await refused(() => detector.detect(SCENE), /^detector: it is closed/);
    assert.ok(detectionBytes(next.detect(SCENE)).equals(expected));
    next.close();
    assert.equal(detector.info.classNames.length, 10);
  },

  async a_trap_closes_one_detector_only() {
    const {instantiate} = WebAssembly, module = new WebAssembly.Module(readFileSync(`${WEB}/v5lite.wasm`));
    WebAssembly.instantiate = async (...given) => {
      const {exports} = await instantiate(...given);
      return {exports: {...exports, detect: () => { throw new WebAssembly.RuntimeError('unreachable'); }}};
    };
    const detector = await load(DIGITS, {size: 192, wasm: module});
    WebAssembly.instantiate = instantiate;
    await refused(() => detector.detect(SCENE), /^detector: unreachable: it is closed/);
    await refused(() => detector.detect(SCENE), /^detector: it is closed/);
    detector.close();
    const next = await load(DIGITS, {size: 192, wasm: module});
    assert.ok(detectionBytes(next.detect(SCENE)).equals(expected));
    next.close();
    await stillWorks();
  },
});
