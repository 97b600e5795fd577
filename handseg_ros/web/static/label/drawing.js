// SPDX-License-Identifier: Apache-2.0
// Draws into masks: a byte a pixel, row after row. All points are in pixels of the picture.

// Set a thick line from one point to another, with round ends.
export function drawLine(mask, width, height, from, to, radius, value) {
  const steps = Math.max(1, Math.ceil(Math.hypot(to.x - from.x, to.y - from.y) / Math.max(1, radius / 2)));
  for (let step = 0; step <= steps; step++) {
    const share = step / steps;
    const x = from.x + (to.x - from.x) * share;
    const y = from.y + (to.y - from.y) * share;
    drawDisc(mask, width, height, x, y, radius, value);
  }
}

function drawDisc(mask, width, height, x, y, radius, value) {
  const last = Math.min(height - 1, Math.floor(y + radius));
  for (let row = Math.max(0, Math.floor(y - radius)); row <= last; row++) {
    const away = row + 0.5 - y;
    const half = radius * radius - away * away;
    if (half < 0) continue;
    const reach = Math.sqrt(half);
    const begin = Math.max(0, Math.ceil(x - reach - 0.5));
    const end = Math.min(width - 1, Math.floor(x + reach - 0.5));
    if (end >= begin) mask.fill(value, row * width + begin, row * width + end + 1);
  }
  // however thin the brush, the pixel below it is drawn
  if (x >= 0 && y >= 0 && x < width && y < height) {
    mask[Math.floor(y) * width + Math.floor(x)] = value;
  }
}

// Set what lies inside a polygon, by the even-odd rule.
export function fillPolygon(mask, width, height, points, value) {
  for (let row = 0; row < height; row++) {
    const y = row + 0.5;
    const crossings = [];
    points.forEach((a, index) => {
      const b = points[(index + 1) % points.length];
      if ((a.y > y) !== (b.y > y)) crossings.push(a.x + ((y - a.y) * (b.x - a.x)) / (b.y - a.y));
    });
    crossings.sort((one, other) => one - other);
    for (let i = 0; i + 1 < crossings.length; i += 2) {
      const begin = Math.max(0, Math.ceil(crossings[i] - 0.5));
      const end = Math.min(width, Math.ceil(crossings[i + 1] - 0.5));
      if (end > begin) mask.fill(value, row * width + begin, row * width + end);
    }
  }
}
