// SPDX-License-Identifier: MIT
// The demo page: digits first, then the user's models, pictures and camera. worker.js detects; this draws.

const LEAST_SCORE = 0.1; // of the detector; the slider hides the rest
const DIGITS = {source: new URL('digits.v5l', location.href).href, name: 'digits.v5l', size: 384, agnostic: true};
const OWN_SIZE = 320;
const MAX_VIEW_HEIGHT = 0.8; // of the window

const element = (id) => document.getElementById(id);
const view = element('view'), score = element('score');

let model = DIGITS;
let shown = null; // {bitmap, detections, milliseconds}: what is drawn
let still = null; // the picture, or null while the camera runs
let camera = null; // {stream, video} while it runs

/* ---- worker ---- */

const worker = new Worker('worker.js', {type: 'module'});
const waiting = new Map();
let nextId = 0;

worker.addEventListener('message', ({data}) => {
  const {resolve, reject} = waiting.get(data.id);
  waiting.delete(data.id);
  if (data.error === undefined) resolve(data);
  else reject(new Error(data.error));
});
worker.addEventListener('error', () => say('this browser cannot run the worker: it needs modules in workers', 'bad'));

function ask(message, transferred = []) {
  const id = nextId++;
  worker.postMessage({id, ...message}, transferred);
  return new Promise((resolve, reject) => waiting.set(id, {resolve, reject}));
}

/* ---- drawing ---- */

function say(text, mood = '') {
  element('state').textContent = text;
  element('state').className = `state ${mood}`;
}

const colour = (classId) => `hsl(${(classId * 137.508) % 360} 75% 42%)`;

/** Gives the view the picture's shape and the pixels of the screen. Returns screen pixels per picture pixel. */
function fitView(bitmap) {
  const room = view.parentElement.clientWidth, ratio = devicePixelRatio || 1;
  const scale = Math.min(room / bitmap.width, MAX_VIEW_HEIGHT * innerHeight / bitmap.height);
  const width = Math.max(1, Math.round(bitmap.width * scale)), height = Math.max(1, Math.round(bitmap.height * scale));
  view.style.width = `${width}px`;
  view.style.height = `${height}px`;
  if (view.width !== Math.round(width * ratio)) view.width = Math.round(width * ratio);
  if (view.height !== Math.round(height * ratio)) view.height = Math.round(height * ratio);
  return view.width / bitmap.width;
}

/** Draws a box, and its label where it covers no other label if it can: above the box, below it, inside. */
function drawBox(context, {x0, y0, x1, y1, name, score: value, classId}, scale, labels) {
  const ratio = devicePixelRatio || 1, text = `${name} ${value.toFixed(2)}`, line = 16 * ratio;
  const left = x0 * scale, top = y0 * scale, bottom = y1 * scale;
  context.strokeStyle = context.fillStyle = colour(classId);
  context.lineWidth = 2 * ratio;
  context.strokeRect(left, top, (x1 - x0) * scale, bottom - top);
  context.font = `${12 * ratio}px system-ui, sans-serif`;
  const width = context.measureText(text).width + 6 * ratio, x = Math.max(0, Math.min(left, view.width - width));
  const isFree = (y) => y >= 0 && y + line <= view.height &&
    !labels.some((other) => x < other.x + other.width && other.x < x + width && Math.abs(y - other.y) < line);
  const y = [top - line, bottom, top].find(isFree) ?? Math.max(0, top - line);
  labels.push({x, y, width});
  context.fillRect(x, y, width, line);
  context.fillStyle = '#fff';
  context.fillText(text, x + 3 * ratio, y + 12 * ratio);
}

/** Draws the last result, with boxes above the score of the slider. */
function draw() {
  const least = Number(score.value);
  element('score-value').textContent = least.toFixed(2);
  if (shown === null) return;
  const {bitmap, milliseconds} = shown, detections = shown.detections.filter((found) => found.score > least);
  const scale = fitView(bitmap), context = view.getContext('2d');
  context.drawImage(bitmap, 0, 0, view.width, view.height);
  const labels = [];
  for (const found of detections) drawBox(context, found, scale, labels);
  element('objects').textContent = detections.map(({name}) => name).join(', ') || 'nothing found';
  element('time').textContent = `${milliseconds.toFixed(1)} ms, ${bitmap.width} x ${bitmap.height} pixels`;
  if (element('json').open) element('json-text').textContent = JSON.stringify(detections, null, 1);
}

/* ---- pictures, camera, models ---- */

async function detect(bitmap, transferred) {
  const result = await ask({kind: 'picture', bitmap}, transferred);
  if (shown !== null) shown.bitmap.close();
  shown = result;
  draw();
}

/** Runs a step of the user's; a failure becomes the page's message. */
async function attempt(doing, step) {
  say(doing);
  try {
    await step();
    say(camera === null ? 'ready' : 'camera', 'good');
  } catch (error) {
    say(error.message, 'bad');
  }
}

function stopCamera() {
  camera?.stream.getTracks().forEach((track) => track.stop());
  camera = null;
  element('camera').setAttribute('aria-pressed', 'false');
}

// blob: or a promise of it.
const openPicture = (blob, name) => attempt('detecting', async () => {
  let bitmap;
  try {
    bitmap = await createImageBitmap(await blob, {colorSpaceConversion: 'none'});
  } catch {
    throw new Error(`${name}: not a picture that this browser reads`);
  }
  stopCamera();
  still?.close();
  still = bitmap;
  await detect(still);
});

const showDigits = () => openPicture(fetch('digits.png').then((response) => response.blob()), 'digits.png');

/** Detects frame after frame, the newest each time, until the camera stops. */
async function followCamera(mine) {
  const {video} = mine, request = video.requestVideoFrameCallback?.bind(video) ?? requestAnimationFrame;
  while (camera === mine) {
    await new Promise((resolve) => request(resolve));
    if (camera !== mine || video.videoWidth === 0) continue;
    const bitmap = await createImageBitmap(video);
    await detect(bitmap, [bitmap]);
  }
}

const startCamera = () => attempt('starting the camera', async () => {
  if (!navigator.mediaDevices) throw new Error('camera: browsers allow it on https and localhost only');
  const stream = await navigator.mediaDevices.getUserMedia({video: {facingMode: 'environment', width: {ideal: 1280}}});
  const video = Object.assign(document.createElement('video'), {muted: true, playsInline: true, srcObject: stream});
  await video.play();
  stopCamera();
  camera = {stream, video};
  stream.getVideoTracks()[0].addEventListener('ended', () => { // unplugged; not after stop()
    stopCamera();
    say('camera: it has ended', 'bad');
  });
  element('camera').setAttribute('aria-pressed', 'true');
  followCamera(camera).catch((error) => {
    stopCamera();
    say(error.message, 'bad');
  });
});

const loadModel = (next) => attempt(`loading ${next.name}`, async () => {
  const options = {size: next.size, confidence: LEAST_SCORE, agnostic: next.agnostic};
  const {info} = await ask({kind: 'model', source: next.source, options});
  model = next;
  element('model-name').textContent = next.name;
  element('model-info').textContent = `${info.classNames.length} classes, ${(info.fileBytes / 1e6).toFixed(1)} MB, ` +
    `${(info.memoryBytes / 1e6).toFixed(1)} MB of memory, ${(info.macs / 1e6).toFixed(0)} million multiply-accumulates`;
  if (still !== null && camera === null) await detect(still);
});

/** Loads a model at the size that the page says; if that fails, the page says the old size again. */
async function openModel(next) {
  element('size').value = next.size;
  await loadModel(next);
  element('size').value = model.size;
}

function openFile(file) {
  if (file.type.startsWith('image/')) return openPicture(file, file.name);
  return openModel({source: file, name: file.name, size: OWN_SIZE, agnostic: false});
}

/* ---- what the user does ---- */

for (const id of ['picture', 'model']) {
  element(id).addEventListener('change', ({target}) => {
    if (target.files.length > 0) openFile(target.files[0]);
    target.value = '';
  });
}
element('camera').addEventListener('click', () => {
  if (camera === null) {
    startCamera();
  } else {
    stopCamera();
    say('ready', 'good');
  }
});
element('digits').addEventListener('click', async () => {
  if (model.name !== DIGITS.name) await openModel(DIGITS);
  await showDigits();
});
element('size').addEventListener('change', () => openModel({...model, size: Number(element('size').value)}));
score.addEventListener('input', draw);
element('json').addEventListener('toggle', draw);
addEventListener('resize', draw);

for (const kind of ['dragenter', 'dragover', 'dragleave', 'drop']) {
  addEventListener(kind, (event) => {
    event.preventDefault();
    document.body.classList.toggle('dropping', kind === 'dragenter' || kind === 'dragover');
  });
}
addEventListener('drop', ({dataTransfer}) => {
  if (dataTransfer.files.length > 0) openFile(dataTransfer.files[0]);
});

await openModel(DIGITS);
await showDigits();
