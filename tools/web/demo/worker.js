// SPDX-License-Identifier: MIT
// Loads models and detects in a thread of its own. Answers each message {id, ...} with {id, ...} or {id, error}.
import {load} from './v5lite.js';

let detector = null;

const answers = {
  /** Replaces the model. The earlier one stays if the new one is refused. */
  async model({source, options}) {
    const next = await load(source, options);
    detector?.close();
    detector = next;
    return [{info: detector.info}, []];
  },

  /** Detects in an ImageBitmap, and gives it back. */
  async picture({bitmap}) {
    if (detector === null) throw new Error('no model: open one');
    const began = performance.now();
    const detections = detector.detect(bitmap);
    return [{detections, milliseconds: performance.now() - began, bitmap}, [bitmap]];
  },
};

let last = Promise.resolve(); // one after the other

addEventListener('message', ({data}) => {
  last = last.then(async () => {
    try {
      const [answer, transferred] = await answers[data.kind](data);
      postMessage({id: data.id, ...answer}, transferred);
    } catch (error) {
      postMessage({id: data.id, error: error.message});
    }
  });
});
