// SPDX-License-Identifier: MIT
// Runs tests in Node and prints each as cmocka does, for tests/run_test.sh. What they share: the module under test, the
// native reference, pictures.
import {execFileSync} from 'node:child_process';
import {existsSync, mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {fileURLToPath} from 'node:url';
import path from 'node:path';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
export const WEB = path.join(ROOT, 'build/web');
export const {load, V5liteError} = await import(path.join(WEB, 'v5lite.js'));

/** Ends a test as skipped. */
export class Skipped extends Error {}

/** Runs {name: function}, one after the other. */
export async function run(tests) {
  let failed = 0;
  const names = Object.keys(tests);
  console.log(`[==========] Running ${names.length} test(s).`);
  for (const name of names) {
    console.log(`[ RUN      ] ${name}`);
    try {
      await tests[name]();
      console.log(`[       OK ] ${name}`);
    } catch (error) {
      if (error instanceof Skipped) {
        console.log(`skip: ${error.message}\n[  SKIPPED ] ${name}`);
      } else {
        failed++;
        console.log(`${error.stack}\n[  FAILED  ] ${name}`);
      }
    }
  }
  console.log(`[==========] ${names.length} test(s) run.`);
  process.exitCode = failed > 0 ? 1 : 0;
}

/** Calls with a folder that is removed afterwards. */
export async function withFolder(call) {
  const folder = mkdtempSync(path.join(tmpdir(), 'v5lite-web-'));
  try {
    return await call(folder);
  } finally {
    rmSync(folder, {recursive: true});
  }
}

/** Returns the path of a model in weights/ or build/test-data. */
export function model(name) {
  const places = [path.join(ROOT, 'weights', `${name}.v5l`), path.join(ROOT, 'build/test-data', `${name}.planned.v5l`)];
  const found = places.find(existsSync);
  if (found === undefined) throw new Skipped(`no ${name}.v5l: needs SHARED, a folder with the official checkpoints`);
  return found;
}

/** Returns a picture of tests/images as the program decodes it: RGB. */
export function picture(name) {
  return withFolder((folder) => {
    const ppm = path.join(folder, 'picture.ppm');
    execFileSync(path.resolve(ROOT, process.env.V5LITE), ['picture', '--out', ppm, path.join(ROOT, 'tests/images', name)]);
    const bytes = readFileSync(ppm), [, width, height] = /^P6\s+(\d+)\s+(\d+)\s/.exec(bytes.toString('latin1', 0, 60));
    const data = bytes.subarray(bytes.length - 3 * width * height);
    return {data, width: Number(width), height: Number(height), format: 'rgb'};
  });
}

/** Returns what the reference kernels find natively, as bytes: {detections, heads}. */
export function reference(file, image, {size, confidence = 0.25, agnostic = false, format = 0}) {
  const output = execFileSync(path.resolve(ROOT, process.env.REFERENCE),
    [file, size, confidence, Number(agnostic), format, image.width, image.height].map(String),
    {input: image.data, maxBuffer: 2 ** 28});
  const end = 4 + 24 * output.readInt32LE(0);
  return {detections: output.subarray(4, end), heads: output.subarray(end)};
}

/** Returns detections as bytes of v5l_detection. */
export function detectionBytes(detections) {
  const bytes = Buffer.alloc(24 * detections.length);
  detections.forEach(({x0, y0, x1, y1, score, classId}, i) => {
    [x0, y0, x1, y1, score].forEach((value, k) => bytes.writeFloatLE(value, 24 * i + 4 * k));
    bytes.writeInt32LE(classId, 24 * i + 20);
  });
  return bytes;
}

/** Returns raw heads as bytes. */
export function headBytes(heads) {
  return Buffer.concat(heads.map(({data}) => Buffer.from(data.buffer, data.byteOffset, data.byteLength)));
}
