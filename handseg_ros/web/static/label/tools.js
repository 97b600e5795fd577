// SPDX-License-Identifier: Apache-2.0
// What the pointer does on the canvas: brush, eraser, polygon, box; wheel and drags move the view.

import { drawLine, fillPolygon } from "./drawing.js";

const WHEEL = 1.15;
const LEAST_BOX = 3; // pixels; a smaller one is a click

// Return the box between two points, in whole pixels.
export function boxOf([one, other]) {
  const x = Math.floor(Math.min(one.x, other.x));
  const y = Math.floor(Math.min(one.y, other.y));
  return {
    x,
    y,
    width: Math.max(1, Math.ceil(Math.max(one.x, other.x)) - x),
    height: Math.max(1, Math.ceil(Math.max(one.y, other.y)) - y),
  };
}

export class Tools {
  // `page` has changed(), chosen() and cut(points).
  constructor(stage, page) {
    this.stage = stage;
    this.page = page;
    this.tool = "brush";
    this.radius = 8;
    const { canvas } = stage;
    canvas.addEventListener("pointerdown", (event) => this.#down(event));
    canvas.addEventListener("pointermove", (event) => this.#move(event));
    canvas.addEventListener("pointerup", (event) => this.#up(event));
    canvas.addEventListener("pointercancel", () => (this.last = this.panned = null));
    canvas.addEventListener("contextmenu", (event) => event.preventDefault());
    canvas.addEventListener("wheel", (event) => {
      event.preventDefault();
      stage.zoom(event.deltaY < 0 ? WHEEL : 1 / WHEEL, stage.onCanvas(event));
    }, { passive: false });
  }

  use(drawn) {
    this.drawn = drawn;
    this.leave();
  }

  choose(tool) {
    this.leave();
    this.tool = tool;
  }

  // Fill the polygon that is being drawn; returns whether there was one.
  close() {
    const points = this.stage.sketch;
    if (!this.drawn || this.tool !== "polygon" || points.length < 3) return false;
    this.#begin();
    fillPolygon(this.drawn.current.mask, this.drawn.width, this.drawn.height, points, 1);
    this.leave();
    this.page.changed();
    return true;
  }

  // End the stroke that is being drawn, as if the pointer were let go.
  finish() {
    const isStroke = this.drawn && this.last && this.tool !== "cut";
    this.last = null;
    if (isStroke) this.page.changed();
  }

  leave() {
    this.stage.sketch = [];
    this.last = this.panned = null;
    if (this.drawn) this.stage.draw();
  }

  #begin() {
    this.drawn.mark();
    if (!this.drawn.current) this.drawn.add("hand");
  }

  #down(event) {
    if (!this.drawn) return;
    this.stage.canvas.setPointerCapture(event.pointerId);
    if (event.button || event.shiftKey) {
      this.panned = this.stage.onCanvas(event);
      return;
    }
    const point = this.stage.inPicture(event);
    if (this.tool === "polygon") {
      this.stage.sketch.push(point);
      this.stage.draw();
    } else if (this.tool === "cut") {
      this.last = point;
    } else if (this.tool === "brush" || this.drawn.current) {
      this.#begin();
      this.last = point;
      this.#line(point);
    }
  }

  #move(event) {
    if (!this.drawn) return;
    if (this.panned) {
      const at = this.stage.onCanvas(event);
      this.stage.move(at.x - this.panned.x, at.y - this.panned.y);
      this.panned = at;
    } else if (this.last && this.tool === "cut") {
      const { x, y } = this.stage.inPicture(event);
      const from = this.last;
      this.stage.sketch = [from, { x, y: from.y }, { x, y }, { x: from.x, y }, from];
      this.stage.draw();
    } else if (this.last) {
      this.#line(this.stage.inPicture(event));
    }
  }

  #up(event) {
    const { last } = this;
    this.last = this.panned = null;
    if (!last || !this.drawn) return;
    if (this.tool !== "cut") {
      this.page.changed();
      return;
    }
    const point = this.stage.inPicture(event);
    this.leave();
    if (Math.hypot(point.x - last.x, point.y - last.y) < LEAST_BOX) {
      const index = this.drawn.at(point);
      if (index >= 0) this.drawn.chosen = index;
      this.stage.draw();
      this.page.chosen();
      return;
    }
    this.page.cut([last, point]);
  }

  #line(point) {
    const { mask } = this.drawn.current;
    const value = this.tool === "brush" ? 1 : 0;
    drawLine(mask, this.drawn.width, this.drawn.height, this.last, point, this.radius, value);
    this.last = point;
    this.stage.draw();
  }
}
