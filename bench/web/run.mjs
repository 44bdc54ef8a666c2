// SPDX-License-Identifier: MIT
// Measures build/web and onnxruntime-web (WebAssembly with SIMD, one thread), in turns in one process:
//
//     node bench/web/run.mjs [--turns N] MODEL.v5l@SIZE MODEL.onnx ...
//
// v5lite: the whole detection, from a picture of 640 x 480 RGBA to boxes. onnxruntime-web: its network alone, on an input that is
// there already. Before that, compares all heads on a picture of the network's size. The first call installs onnxruntime-web
// into build/web-bench. Without it, or without models, says why and measures nothing.
import {execFileSync} from 'node:child_process';
import {existsSync, mkdirSync, readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {fileURLToPath} from 'node:url';
import path from 'node:path';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PEERS = path.join(ROOT, 'build/web-bench'), VERSION = '1.30.0';
const WARMUP = 10, MOST_DIFFERENCE = 1e-3;

class UsageError extends Error {}
class Missing extends Error {}

function parse(words) {
  const cases = [];
  let turns = 40;
  while (words.length > 0) {
    const word = words.shift();
    if (word === '--turns') {
      turns = Number(words.shift());
      if (!(Number.isInteger(turns) && turns > 0 && turns <= 10000)) throw new UsageError('--turns: expected 1 to 10000');
      continue;
    }
    const [, model, size] = /^([^-].*)@(\d+)$/.exec(word) ?? [], onnx = words.shift();
    if (model === undefined || onnx === undefined) throw new UsageError(`${word}: expected MODEL.v5l@SIZE MODEL.onnx`);
    for (const file of [model, onnx]) if (!existsSync(file)) throw new Missing(`no ${file}`);
    cases.push({name: `${path.basename(model, '.v5l')}, ${size}`, model, size: Number(size), onnx});
  }
  if (cases.length === 0) throw new Missing('no models: needs SHARED, a folder with checkpoints and peers, or MODEL.v5l@SIZE MODEL.onnx');
  return {cases, turns};
}

function loadPeer() {
  const require = createRequire(path.join(PEERS, 'any.js'));
  try {
    return require('onnxruntime-web');
  } catch {
    mkdirSync(PEERS, {recursive: true});
    try {
      const what = [`onnxruntime-web@${VERSION}`, '--prefix', PEERS, '--no-audit', '--no-fund', '--ignore-scripts'];
      execFileSync('npm', ['install', ...what], {stdio: 'ignore'});
    } catch {
      throw new Missing(`npm cannot install onnxruntime-web ${VERSION}`);
    }
    return require('onnxruntime-web');
  }
}

/** Returns a picture of smooth colors and edges. */
function makePicture(width, height) {
  const data = new Uint8Array(4 * width * height);
  for (let i = 0; i < data.length; i++) {
    const x = (i >> 2) % width, y = Math.floor((i >> 2) / width), c = i & 3;
    data[i] = c === 3 ? 255 : 128 + 90 * Math.sin(x / (9 + c)) * Math.cos(y / (13 - c)) + ((x >> 5 ^ y >> 5) & 1) * 35;
  }
  return {data, width, height, format: 'rgba'};
}

/** Returns RGB as planes of 0 .. 1. */
function planesOf({data, width, height}) {
  const planes = new Float32Array(3 * width * height);
  for (let i = 0; i < planes.length; i++) planes[i] = data[4 * (i % (width * height)) + Math.floor(i / (width * height))] / 255;
  return planes;
}

/** Throws if a head of the peer, [1, anchors, pixels, values], differs from ours, [pixels, anchors, values]. */
function compareHeads(heads, outputs, name) {
  for (const {shape: [height, width, anchors, values], data} of heads) {
    const output = outputs.find(({dims}) => dims[2] === height * width);
    if (output === undefined) throw new Error(`${name}: the networks have other heads`);
    for (let i = 0; i < data.length; i++) {
      const value = i % values, anchor = Math.floor(i / values) % anchors, pixel = Math.floor(i / (values * anchors));
      const other = output.data[(anchor * height * width + pixel) * values + value];
      if (!(Math.abs(other - data[i]) <= MOST_DIFFERENCE)) throw new Error(`${name}: a head has ${data[i]}, the peer's ${other}`);
    }
  }
}

async function timeOf(call) {
  const start = performance.now();
  await call();
  return performance.now() - start;
}

const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];

async function measure(load, ort, {name, model, size, onnx}, turns) {
  const detector = await load(model, {size}), square = makePicture(size, size), picture = makePicture(640, 480);
  const session = await ort.InferenceSession.create(readFileSync(onnx), {executionProviders: ['wasm'], graphOptimizationLevel: 'all'});
  const feeds = {[session.inputNames[0]]: new ort.Tensor('float32', planesOf(square), [1, 3, size, size])};
  compareHeads(detector.network(square), Object.values(await session.run(feeds)), name);
  const ours = [], theirs = [], ratios = [];
  for (let turn = -WARMUP; turn < turns; turn++) {
    const one = await timeOf(() => detector.detect(picture)), other = await timeOf(() => session.run(feeds));
    if (turn < 0) continue;
    ours.push(one);
    theirs.push(other);
    ratios.push(one / other);
  }
  console.log(`| ${name} | ${median(ours).toFixed(1)} | ${median(theirs).toFixed(1)} | ${median(ratios).toFixed(2)} |`);
  detector.close();
}

async function main() {
  const {cases, turns} = parse(process.argv.slice(2));
  const ort = loadPeer(), {load} = await import(path.join(ROOT, 'build/web/v5lite.js'));
  ort.env.wasm.numThreads = 1;
  console.log(`| | v5lite, detection, ms | onnxruntime-web ${VERSION}, network, ms | ratio |\n|---|--:|--:|--:|`);
  for (const one of cases) await measure(load, ort, one, turns);
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Missing ? `skip: ${error.message}` : `run.mjs: ${error.message}`);
  process.exitCode = error instanceof Missing ? 0 : error instanceof UsageError ? 2 : 1;
}
