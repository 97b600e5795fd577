// SPDX-License-Identifier: Apache-2.0
// Brings what is drawn to the service, again until it is there, and keeps it here until then.

import { askJson, postJson } from "/static/service.js";

const RETRY_MS = 2000;
const KEY = "handseg-label";

export class Saver {
  // `tell` gets words and how good they are; `conflict` is called when somebody else has saved.
  constructor(tell, conflict) {
    this.tell = tell;
    this.conflict = conflict;
    this.waiting = null;
    this.isBusy = false;
    this.revision = "";
    this.folder = "";
  }

  // Pictures of another folder may have the same names, and be served at the same address.
  #key(name) {
    return `${KEY}:${this.folder}:${name}`;
  }

  async load(name) {
    const path = `/label/label?name=${encodeURIComponent(name)}`;
    const label = await askJson(path);
    this.name = name;
    this.revision = label.revision;
    this.folder = label.folder;
    this.tell(label.revision ? "saved" : "suggested by the model, not saved", "soft");
    const kept = localStorage.getItem(this.#key(name));
    if (!kept) return label;
    // a browser that ended before the service had it
    const mine = JSON.parse(kept);
    this.save(mine.instances, mine.revision);
    return { ...label, instances: mine.instances };
  }

  // Save what is drawn on the picture that was loaded last.
  save(instances, revision = this.revision) {
    this.waiting = { name: this.name, revision, instances };
    localStorage.setItem(this.#key(this.name), JSON.stringify({ revision, instances }));
    this.tell("saving …", "soft");
    this.done = this.isBusy ? this.done : this.#run();
    return this.done;
  }

  // Forget what is drawn here, in favour of what the service has.
  forget(name) {
    this.waiting = null;
    localStorage.removeItem(this.#key(name));
  }

  async #run() {
    this.isBusy = true;
    while (this.waiting) {
      const { name, revision, instances } = this.waiting;
      const sent = this.waiting;
      try {
        const path = `/label/label?name=${encodeURIComponent(name)}`;
        const saved = await postJson(path, { revision, instances }, "PUT");
        if (this.name === name) this.revision = saved.revision;
        if (this.waiting === sent) {
          this.forget(name);
          this.tell("saved", "good");
        } else if (this.waiting?.name === name) {
          this.waiting.revision = saved.revision;
        }
      } catch (error) {
        if (error.status === 409 || error.status === 422) {
          this.waiting = null;
          this.tell("not saved", "bad");
          this.conflict(error, name, instances);
          break;
        }
        this.tell(`not saved yet: ${error.message}`, "bad");
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
    this.isBusy = false;
  }
}
