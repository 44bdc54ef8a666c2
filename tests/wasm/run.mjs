// SPDX-License-Identifier: MIT
// Runs a program compiled for WASI in this directory: node --no-warnings tests/wasm/run.mjs PROGRAM
import {readFile} from 'node:fs/promises';
import {WASI} from 'node:wasi';

const wasi = new WASI({version: 'preview1', args: [process.argv[2]], env: process.env, preopens: {'.': '.'}});
const module = await WebAssembly.compile(await readFile(process.argv[2]));
process.exitCode = wasi.start(await WebAssembly.instantiate(module, wasi.getImportObject()));
