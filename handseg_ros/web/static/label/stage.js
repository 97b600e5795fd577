// SPDX-License-Identifier: Apache-2.0
// The canvas: a picture with its masks, zoomed and moved; points in pixels of the picture.

const COLOURS = [[40, 200, 255], [230, 80, 200], [0, 158, 115], [0, 114, 178], [230, 159, 0], [213, 94, 0]];
const TINT = 0.45;
const CHOSEN_TINT = 0.6;
const MOST_ZOOM = 40;

export class Stage {
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.layer = document.createElement("canvas");
    this.scale = 1;
    this.left = 0;
    this.top = 0;
    this.sketch = [];
    new ResizeObserver(() => this.fit()).observe(canvas);
  }

  show(image, drawn) {
    this.image = image;
    this.drawn = drawn;
    this.layer.width = drawn.width;
    this.layer.height = drawn.height;
    this.fit();
  }

  fit() {
    const { clientWidth, clientHeight } = this.canvas;
    this.canvas.width = clientWidth * devicePixelRatio;
    this.canvas.height = clientHeight * devicePixelRatio;
    if (!this.drawn) return;
    const { width, height } = this.drawn;
    this.scale = Math.min(this.canvas.width / width, this.canvas.height / height);
    this.left = (this.canvas.width - width * this.scale) / 2;
    this.top = (this.canvas.height - height * this.scale) / 2;
    this.draw();
  }

  // Zoom by a factor, and keep the point of the canvas where it is.
  zoom(factor, at = { x: this.canvas.width / 2, y: this.canvas.height / 2 }) {
    const scale = Math.min(MOST_ZOOM, Math.max(0.05, this.scale * factor));
    this.left = at.x - ((at.x - this.left) * scale) / this.scale;
    this.top = at.y - ((at.y - this.top) * scale) / this.scale;
    this.scale = scale;
    this.draw();
  }

  move(x, y) {
    this.left += x;
    this.top += y;
    this.draw();
  }

  onCanvas(event) {
    const box = this.canvas.getBoundingClientRect();
    return {
      x: (event.clientX - box.left) * devicePixelRatio,
      y: (event.clientY - box.top) * devicePixelRatio,
    };
  }

  inPicture(event) {
    const { x, y } = this.onCanvas(event);
    return { x: (x - this.left) / this.scale, y: (y - this.top) / this.scale };
  }

  draw() {
    if (!this.drawn) return;
    const { context, canvas } = this;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.setTransform(this.scale, 0, 0, this.scale, this.left, this.top);
    context.imageSmoothingEnabled = this.scale < 2;
    context.drawImage(this.image, 0, 0, this.drawn.width, this.drawn.height);
    this.#tint();
    context.drawImage(this.layer, 0, 0);
    this.#drawSketch();
  }

  #tint() {
    const { width, height, instances, chosen } = this.drawn;
    const pixels = new ImageData(width, height);
    const values = new Uint32Array(pixels.data.buffer);
    instances.forEach(({ mask }, index) => {
      const [red, green, blue] = COLOURS[index % COLOURS.length];
      const alpha = Math.round(255 * (index === chosen ? CHOSEN_TINT : TINT));
      const value = (alpha << 24) | (blue << 16) | (green << 8) | red;
      for (let i = 0; i < mask.length; i++) if (mask[i]) values[i] = value;
    });
    this.layer.getContext("2d").putImageData(pixels, 0, 0);
  }

  // A polygon or box that is being drawn.
  #drawSketch() {
    if (!this.sketch.length) return;
    const { context } = this;
    context.beginPath();
    this.sketch.forEach(({ x, y }, index) => (index ? context.lineTo(x, y) : context.moveTo(x, y)));
    for (const [colour, wide] of [["#181818", 4], ["#ffffff", 2]]) {
      context.strokeStyle = colour;
      context.lineWidth = wide / this.scale;
      context.stroke();
    }
  }
}
