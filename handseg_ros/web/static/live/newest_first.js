// SPDX-License-Identifier: Apache-2.0
// One thing at a time: what comes meanwhile waits, and only the newest of it is done.

export class NewestFirst {
  #work;
  #waiting = null;
  #running = null;

  constructor(work) {
    this.#work = work;
  }

  // Do `work` with this input now or next; resolves when nothing is left to do.
  submit(input) {
    this.#waiting = { input };
    this.#running ??= this.#run();
    return this.#running;
  }

  async #run() {
    try {
      while (this.#waiting) {
        const { input } = this.#waiting;
        this.#waiting = null;
        await this.#work(input);
      }
    } finally {
      this.#running = null;
    }
  }
}
