// SPDX-License-Identifier: Apache-2.0
// What is drawn on one picture, with everything that was done to it, so that it can be undone.

import { decode, encode } from "./run_lengths.js";

const KEPT_STEPS = 100;

export class LabelDocument {
  constructor(label) {
    this.width = label.width;
    this.height = label.height;
    this.instances = label.instances.map((one) => this.#unpacked(one));
    this.chosen = this.instances.length ? 0 : -1;
    this.past = [];
    this.future = [];
  }

  get current() {
    return this.instances[this.chosen];
  }

  // What the service takes; instances without a pixel are none.
  packed() {
    return this.instances
      .filter((one) => one.mask.includes(1))
      .map(({ label, mask, attributes }) => ({
        label,
        counts: encode(mask, this.width, this.height),
        attributes,
      }));
  }

  // Remember what there is, before it changes.
  mark() {
    this.past.push(this.#snapshot());
    if (this.past.length > KEPT_STEPS) this.past.shift();
    this.future = [];
  }

  undo() {
    return this.#step(this.past, this.future);
  }

  redo() {
    return this.#step(this.future, this.past);
  }

  add(label) {
    const mask = new Uint8Array(this.width * this.height);
    this.instances.push({ label, mask, attributes: {} });
    this.chosen = this.instances.length - 1;
  }

  remove() {
    this.instances.splice(this.chosen, 1);
    this.chosen = Math.min(this.chosen, this.instances.length - 1);
  }

  // Return the topmost instance at a point, -1 where there is none.
  at(point) {
    const x = Math.floor(point.x);
    const y = Math.floor(point.y);
    if (x < 0 || y < 0 || x >= this.width || y >= this.height) return -1;
    return this.instances.findLastIndex((one) => one.mask[y * this.width + x]);
  }

  #unpacked({ label, counts, attributes }) {
    return { label, attributes, mask: decode(counts, this.width, this.height) };
  }

  #snapshot() {
    const pack = (one) => ({ ...one, counts: encode(one.mask, this.width, this.height) });
    return { chosen: this.chosen, instances: this.instances.map(pack) };
  }

  #step(from, to) {
    const snapshot = from.pop();
    if (!snapshot) return false;
    to.push(this.#snapshot());
    this.instances = snapshot.instances.map((one) => this.#unpacked(one));
    this.chosen = snapshot.chosen;
    return true;
  }
}
