// SPDX-License-Identifier: MIT
// build/web in Node: detections and raw heads have the bits of the native reference; every source of a model; memory.
import assert from 'node:assert/strict';
import {createServer} from 'node:http';
import {readFileSync} from 'node:fs';
import {pathToFileURL} from 'node:url';
import {Worker} from 'node:worker_threads';
import path from 'node:path';
import {WEB, detectionBytes, headBytes, load, model, picture, reference, run} from './harness.mjs';

const DIGITS = model('digits'), SCENE = await picture('digits.png');
const LARGEST = 110 * 1024; // bytes of v5lite.wasm

/** Compares with the native reference: detections of a picture, and its raw heads. Returns the detections. */
async function compare(name, image, options, format = 0) {
  const file = model(name), expected = reference(file, image, {...options, format});
  const detector = await load(file, options);
  const found = detector.detect(image);
  assert.ok(detectionBytes(found).equals(expected.detections), `${name}: detections differ`);
  assert.ok(headBytes(detector.network(image)).equals(expected.heads), `${name}: heads differ`);
  assert.ok(detectionBytes(detector.detect(image)).equals(expected.detections), `${name}: detections differ after network()`);
  detector.close();
  return found;
}

/** Counts the instances that load() makes, and their bytes. */
async function countMemory(call) {
  const {instantiate} = WebAssembly, memories = [];
  WebAssembly.instantiate = async (...given) => {
    const made = await instantiate(...given);
    memories.push(made.exports.memory);
    return made;
  };
  try {
    await call(() => memories.reduce((sum, memory) => sum + memory.buffer.byteLength, 0), memories);
  } finally {
    WebAssembly.instantiate = instantiate;
  }
}

/** Returns what a local server answers to a request of load(). */
async function withServer(answer, call) {
  const server = createServer(answer);
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    return await call(`http://127.0.0.1:${server.address().port}`);
  } finally {
    server.close();
  }
}

await run({
  async digits_have_the_bits_of_the_reference() {
    const found = await compare('digits', SCENE, {size: 384, agnostic: true});
    assert.equal(found.map(({name}) => name).sort().join(''), '0134477');
  },

  async int8_and_other_networks_have_the_bits_of_the_reference() {
    await compare('digits-int8', SCENE, {size: 384});
    for (const name of ['synthetic-e', 'synthetic-s', 'synthetic-2021', 'synthetic-e-fp16', 'synthetic-v6']) {
      await compare(name, SCENE, {size: 128, confidence: 0.001});
    }
  },

  async official_e_has_the_bits_of_the_reference() {
    const found = await compare('v5lite-e', await picture('coffee.png'), {size: 320});
    assert.ok(found.some(({name}) => name === 'cup'));
  },

  async every_format_has_the_bits_of_the_reference() {
    const bytes = {rgb: 3, bgr: 3, rgba: 4, bgra: 4, gray: 1, nv12: 1.5, i420: 1.5, yuyv: 2, nv21: 1.5, uyvy: 2, rgb565: 2,
                   rgbPlanar: 3, i422: 2, i444: 3};
    for (const [code, format] of Object.keys(bytes).entries()) {
      const data = new Uint8Array(64 * 48 * bytes[format]).map((_, i) => (i * 7919) >> 3);
      await compare('synthetic-e', {data, width: 64, height: 48, format}, {size: 64, confidence: 0.001}, code);
    }
  },

  async options_choose_what_is_found() {
    const found = async (options) => {
      const detector = await load(DIGITS, {size: 384, ...options});
      const names = detector.detect(SCENE).map(({name}) => name);
      detector.close();
      return names;
    };
    assert.deepEqual((await found({classes: [7, 0]})).sort(), ['0', '7', '7']);
    assert.deepEqual(await found({classes: []}), []);
    assert.equal((await found({maxDetections: 2})).length, 2);
    assert.deepEqual(await found({confidence: 1}), []);
    const all = await found({confidence: 0.001, multiLabel: true, maxDetections: 30000});
    assert.ok(all.length > (await found({confidence: 0.001, maxDetections: 30000})).length);
    const wide = await load(DIGITS, {size: [384, 192]});
    assert.deepEqual([wide.info.width, wide.info.height], [384, 192]);
    assert.deepEqual(wide.network(SCENE).map(({shape}) => shape), [[24, 48, 3, 15], [12, 24, 3, 15], [6, 12, 3, 15]]);
    wide.close();
  },

  async info_describes_the_model() {
    const {info} = await load(DIGITS, {size: 384});
    assert.equal(info.classNames.join(''), '0123456789');
    assert.deepEqual(info.heads.map(({stride, anchors}) => [stride, anchors.length]), [[8, 3], [16, 3], [32, 3]]);
    assert.equal(info.fileBytes, readFileSync(DIGITS).length);
    assert.match(info.sourceSha256, /^[0-9a-f]{64}$/);
    assert.match(info.version, /^\d+\.\d+\.\d+$/);
    assert.ok(info.exporter.length > 0 && info.macs > 1e8 && info.memoryBytes > 1e6 && info.maxStride === 32);
  },

  async models_come_from_paths_addresses_bytes_and_files() {
    const bytes = readFileSync(DIGITS), shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    await withServer((_, response) => response.end(bytes), async (address) => {
      const sources = [DIGITS, path.relative('.', DIGITS), pathToFileURL(DIGITS), pathToFileURL(DIGITS).href, bytes,
                       new Uint8Array(bytes).buffer, shifted.subarray(3), new Blob([bytes]), new DataView(shifted.buffer, 3),
                       `${address}/digits.v5l`, new URL(address), `data:;base64,${bytes.toString('base64')}`];
      for (const source of sources) {
        const detector = await load(source, {size: 192});
        assert.equal(detector.info.fileBytes, bytes.length);
        detector.close();
      }
    });
  },

  async detectors_work_side_by_side() {
    const options = {size: 192}, alone = await load(DIGITS, options);
    const expected = detectionBytes(alone.detect(SCENE));
    const many = await Promise.all(Array.from({length: 6}, () => load(DIGITS, options)));
    for (const detector of many) assert.ok(detectionBytes(detector.detect(SCENE)).equals(expected));
    many[2].close();
    many[4].close();
    const larger = await load(DIGITS, {size: 384});
    larger.detect(SCENE);
    for (const i of [0, 1, 3, 5]) assert.ok(detectionBytes(many[i].detect(SCENE)).equals(expected));
    for (const detector of [...many, alone, larger]) detector.close();
  },

  async a_worker_detects() {
    const {data, width, height, format} = SCENE;
    const script = `import {parentPort, workerData} from 'node:worker_threads';
      const {load} = await import(workerData.module);
      parentPort.postMessage((await load(workerData.file, {size: 192})).detect(workerData.image));`;
    const module = pathToFileURL(path.join(WEB, 'v5lite.js')).href, image = {data, width, height, format};
    const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(script)}`),
      {workerData: {module, file: DIGITS, image}});
    const found = await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
    const detector = await load(DIGITS, {size: 192});
    assert.deepEqual(found, detector.detect(SCENE));
    detector.close();
  },

  async a_thousand_detectors_use_one_instance() {
    const bytes = readFileSync(DIGITS);
    await countMemory(async (used, memories) => {
      const held = [];
      for (let i = 0; i < 5; i++) held.push(await load(bytes, {size: 32})); // more than the instances that are kept
      for (const detector of held) detector.close();
      const before = used(), instances = memories.length;
      for (let i = 0; i < 1000; i++) (await load(bytes, {size: 32 + 32 * (i % 2)})).close();
      const more = used() - before;
      assert.ok(more <= 2 ** 20 && memories.length === instances, `${more} bytes, ${memories.length} instances`);
    });
  },

  async memory_of_a_large_picture_is_not_kept() {
    const large = {data: new Uint8Array(8192 * 10240), width: 8192, height: 10240, format: 'gray'};
    await countMemory(async (used, memories) => {
      const held = [];
      for (let i = 0; i < 5; i++) held.push(await load(DIGITS, {size: 32})); // all that are kept, and a new one
      held[4].detect(large);
      assert.ok(memories.at(-1).buffer.byteLength > large.data.length);
      for (const detector of held.splice(0).reverse()) detector.close();
      const instances = memories.length;
      for (let i = 0; i < 5; i++) held.push(await load(DIGITS, {size: 32}));
      assert.equal(memories.length, instances + 1);
      for (const detector of held) detector.close();
    });
  },

  async ten_thousand_detections_use_no_more_memory() {
    const {data} = SCENE, small = {data: data.subarray(0, 3 * 32 * 32), width: 32, height: 32, format: 'rgb'};
    await countMemory(async (used) => {
      const detector = await load(DIGITS, {size: 32});
      detector.network(SCENE);
      const before = used(), expected = detectionBytes(detector.detect(SCENE));
      for (let i = 0; i < 10000; i++) detector.detect(i % 100 ? small : SCENE);
      assert.ok(detectionBytes(detector.detect(SCENE)).equals(expected));
      assert.equal(used(), before);
      detector.close();
    });
  },

  wasm_is_small_and_imports_nothing() {
    const bytes = readFileSync(path.join(WEB, 'v5lite.wasm'));
    assert.ok(bytes.length <= LARGEST, `${bytes.length} bytes: expected at most ${LARGEST}`);
    assert.deepEqual(WebAssembly.Module.imports(new WebAssembly.Module(bytes)), []);
  },
});
