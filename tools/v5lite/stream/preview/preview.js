// SPDX-License-Identifier: MIT
// The live view: pictures from stream.mjpeg, results from events. Both have the number of their frame, so that a
// picture gets its own boxes.
'use strict';

const RETRY_MS = 2000, STALE_MS = 5000;
const KEPT_RESULTS = 120; // frames
const HISTORY = 120;      // seconds
const MAX_HEADERS = 1000, MAX_PICTURE = 1 << 26;

const byId = id => document.getElementById(id);
const token = new URLSearchParams(location.search).get('token');
const address = path => token === null ? path : `${path}?token=${encodeURIComponent(token)}`;
const sleep = ms => new Promise(done => setTimeout(done, ms));

const results = new Map();  // frame number: JSON of `v5lite watch`
const hidden = new Set();   // names of classes that the user has switched off
const classes = new Map();  // name: its button
let shown = null;           // {bitmap, frame}: the picture
let newestResult = 0;       // number of the last frame that came
let drawnResult = 0;        // frame whose boxes are drawn
let lastResult = 0;         // performance.now()
let closing = new AbortController();

// ---- state ----

function showState(text, kind) {
  byId('state').textContent = text;
  byId('state').className = `state ${kind}`;
}

// ---- boxes ----

const colour = index => `hsl(${(index * 137.5 + 210) % 360} 85% 60%)`;

function isShown(found) {
  return found.score >= Number(byId('score').value) && !hidden.has(found.name);
}

// Returns the result of a frame, or of the last one before it.
function resultOf(frame) {
  if (results.has(frame)) return results.get(frame);
  let best = null;
  for (const [number, result] of results) if (number <= frame && (best === null || number > best.frame)) best = result;
  return best;
}

// Above the box; inside its upper edge where there is no room. unit: one pixel of the screen.
function drawLabel(context, found, unit) {
  const id = found.id === undefined ? '' : ` #${found.id}`;
  const text = `${found.name} ${found.score.toFixed(2)}${id}`, height = 18 * unit;
  context.font = `${13 * unit}px system-ui, sans-serif`;
  const width = context.measureText(text).width + 8 * unit;
  const x = Math.max(0, Math.min(found.box[0], context.canvas.width - width));
  const y = found.box[1] >= height ? found.box[1] - height : Math.max(0, found.box[1]);
  context.fillStyle = colour(found.class);
  context.fillRect(x, y, width, height);
  context.fillStyle = '#000';
  context.textBaseline = 'middle';
  context.fillText(text, x + 4 * unit, y + height / 2);
}

function drawBoxes(context, found) {
  const {width, height, clientWidth, clientHeight} = context.canvas;
  const unit = Math.max(width / clientWidth, height / clientHeight) || 1;
  context.lineWidth = 2.5 * unit;
  for (const one of found) {
    const [x0, y0, x1, y1] = one.box;
    context.strokeStyle = colour(one.class);
    context.strokeRect(x0, y0, x1 - x0, y1 - y0);
  }
  if (byId('labels').checked) for (const one of found) drawLabel(context, one, unit);
}

function listObjects(found) {
  const counts = new Map();
  for (const one of found) counts.set(one.name, (counts.get(one.name) ?? 0) + 1);
  const text = [...counts].sort().map(([name, count]) => count > 1 ? `${name} x ${count}` : name).join(', ');
  byId('objects').textContent = text === '' ? 'nothing found' : text;
}

function draw() {
  if (shown === null) return;
  const canvas = byId('picture'), {bitmap, frame} = shown;
  if (canvas.width !== bitmap.width || canvas.height !== bitmap.height) {
    canvas.width = bitmap.width;
    canvas.height = bitmap.height;
    byId('size').textContent = `${bitmap.width} x ${bitmap.height}`;
  }
  const context = canvas.getContext('2d'), result = resultOf(frame);
  context.drawImage(bitmap, 0, 0);
  drawnResult = result === null ? 0 : result.frame;
  if (result === null) return;
  const found = result.detections.filter(isShown);
  listObjects(found);
  if (byId('boxes').checked) drawBoxes(context, found);
}

// ---- pictures ----

// Collects the bytes of a stream.
class Bytes {
  constructor(reader) {
    this.reader = reader;
    this.bytes = new Uint8Array(0);
  }

  async more() {
    const {done, value} = await this.reader.read();
    if (done) throw new Error('the stream ended');
    const all = new Uint8Array(this.bytes.length + value.length);
    all.set(this.bytes);
    all.set(value, this.bytes.length);
    this.bytes = all;
  }

  async take(size) {
    while (this.bytes.length < size) await this.more();
    const taken = this.bytes.slice(0, size);
    this.bytes = this.bytes.slice(size);
    return taken;
  }

  // Takes the text up to an empty line.
  async headers() {
    for (let at = 0;; at++) {
      while (this.bytes.length < at + 4) await this.more();
      const [a, b, c, d] = this.bytes.subarray(at, at + 4);
      if (a === 13 && b === 10 && c === 13 && d === 10) return new TextDecoder().decode(await this.take(at + 4));
      if (at > MAX_HEADERS) throw new Error('not a part of a multipart stream');
    }
  }
}

const numberAfter = (name, text) => Number(new RegExp(`^${name}: *(\\d+)`, 'im').exec(text)?.[1] ?? NaN);

// Shows pictures one after the other. While one is decoded, the server drops those that become too old.
async function readPictures(signal) {
  const response = await fetch(address('stream.mjpeg'), {signal, cache: 'no-store'});
  if (!response.ok) throw new Error((await response.text()).trim());
  const stream = new Bytes(response.body.getReader());
  for (;;) {
    const headers = await stream.headers(), size = numberAfter('Content-Length', headers);
    if (!(size <= MAX_PICTURE)) throw new Error('a picture without a size');
    const bitmap = await createImageBitmap(new Blob([await stream.take(size)], {type: 'image/jpeg'}));
    shown?.bitmap.close();
    shown = {bitmap, frame: numberAfter('X-Frame', headers)};
    draw();
  }
}

async function followPictures(signal) {
  while (!signal.aborted) {
    try {
      await readPictures(signal);
    } catch (error) {
      if (signal.aborted) return;
      showState(error instanceof TypeError ? 'not connected' : error.message, 'bad');
    }
    await sleep(RETRY_MS);
  }
}

// ---- results ----

function addClass(name, index) {
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = name;
  button.style.borderColor = colour(index);
  button.setAttribute('aria-pressed', 'true');
  button.addEventListener('click', () => {
    if (!hidden.delete(name)) hidden.add(name);
    button.setAttribute('aria-pressed', String(!hidden.has(name)));
    draw();
  });
  if (classes.size === 0) byId('classes').replaceChildren();
  classes.set(name, button);
  byId('classes').append(button);
}

function takeResult(result) {
  const now = performance.now();
  if (result.frame <= newestResult) results.clear(); // of another run
  newestResult = result.frame;
  results.set(result.frame, result);
  if (results.size > KEPT_RESULTS) results.delete(results.keys().next().value);
  for (const one of result.detections) if (!classes.has(one.name)) addClass(one.name, one.class);
  byId('frame').textContent = result.frame;
  byId('dropped').textContent = result.dropped;
  byId('broken').textContent = result.broken;
  recent.frames++;
  recent.latencies.push(result.ms.latency);
  lastResult = now;
  showState('live', 'good');
  if (shown !== null && result.frame <= shown.frame && result.frame > drawnResult) draw();
}

function fillTable(id, rows) {
  byId(id).hidden = rows.length === 0;
  byId(id).tBodies[0].replaceChildren(...rows.map(row => {
    const line = document.createElement('tr');
    for (const [i, value] of row.entries()) {
      const cell = line.insertCell();
      cell.textContent = value;
      if (i > 0) cell.className = 'n';
    }
    return line;
  }));
}

function takeCounts({lines, zones}) {
  byId('places').hidden = lines.length + zones.length === 0;
  fillTable('lines', lines.map(line => [line.name, line.right, line.left]));
  fillTable('zones', zones.map(zone => [zone.name, zone.inside, zone.entered, zone.left]));
}

function followResults(signal) {
  const events = new EventSource(address('events'));
  signal.addEventListener('abort', () => events.close());
  events.addEventListener('message', event => takeResult(JSON.parse(event.data)));
  events.addEventListener('counts', event => takeCounts(JSON.parse(event.data)));
  events.addEventListener('error', async () => {
    if (events.readyState !== EventSource.CLOSED || signal.aborted) return; // it connects again
    await sleep(RETRY_MS);
    if (!signal.aborted) followResults(signal);
  });
}

// ---- charts ----

const recent = {frames: 0, latencies: [], fps: [], latency: [], since: performance.now()};

function drawChart(id, values) {
  const canvas = byId(id), scale = devicePixelRatio, style = getComputedStyle(canvas);
  canvas.width = canvas.clientWidth * scale;
  canvas.height = canvas.clientHeight * scale;
  const context = canvas.getContext('2d'), top = Math.max(...values) * 1.1 || 1;
  const x = i => canvas.width * (HISTORY - values.length + i) / (HISTORY - 1);
  const y = value => (canvas.height - 2 * scale) * (1 - value / top) + scale;
  context.strokeStyle = style.getPropertyValue('--line');
  context.strokeRect(0, 0, canvas.width, canvas.height);
  context.strokeStyle = style.getPropertyValue('--accent');
  context.lineWidth = 2 * scale;
  context.beginPath();
  values.forEach((value, i) => context.lineTo(x(i), y(value)));
  context.stroke();
}

function addPoint(values, value) {
  values.push(value);
  if (values.length > HISTORY) values.shift();
}

// Once a second: frames since the last time, and the median of their latencies.
function tick() {
  const now = performance.now(), seconds = (now - recent.since) / 1000;
  const sorted = recent.latencies.sort((a, b) => a - b), median = sorted[sorted.length >> 1] ?? 0;
  addPoint(recent.fps, recent.frames / seconds);
  addPoint(recent.latency, median);
  byId('fps').textContent = recent.fps.at(-1).toFixed(1);
  byId('latency').textContent = `${median.toFixed(1)} ms`;
  drawChart('fps-chart', recent.fps);
  drawChart('latency-chart', recent.latency);
  Object.assign(recent, {frames: 0, latencies: [], since: now});
  if (lastResult > 0 && now - lastResult > STALE_MS && !closing.signal.aborted) showState('no frames', 'bad');
}

// ---- start ----

function start() {
  closing = new AbortController();
  followResults(closing.signal);
  followPictures(closing.signal);
}

byId('score').addEventListener('input', () => {
  const least = Number(byId('score').value);
  byId('score-value').textContent = least > 0 ? `at least ${least.toFixed(2)}` : 'all';
  draw();
});
for (const id of ['labels', 'boxes']) byId(id).addEventListener('change', draw);

// Nobody looks: the server need not encode and send.
document.addEventListener('visibilitychange', () => {
  if (document.hidden) {
    closing.abort();
    showState('paused', '');
  } else if (closing.signal.aborted) {
    start();
  }
});

setInterval(tick, 1000);
start();
