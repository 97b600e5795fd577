// SPDX-License-Identifier: Apache-2.0
// COCO's uncompressed run lengths: runs of 0 and 1 in turn, column after column of the picture.

// Return a mask, a byte a pixel, row after row.
export function decode(counts, width, height) {
  const mask = new Uint8Array(width * height);
  let at = 0;
  counts.forEach((count, index) => {
    if (index % 2) {
      for (let i = at; i < at + count; i++) mask[(i % height) * width + Math.floor(i / height)] = 1;
    }
    at += count;
  });
  return mask;
}

export function encode(mask, width, height) {
  const counts = [];
  let value = 0;
  let length = 0;
  for (let x = 0; x < width; x++) {
    for (let i = x; i < mask.length; i += width) {
      if (mask[i] === value) {
        length++;
      } else {
        counts.push(length);
        value = mask[i];
        length = 1;
      }
    }
  }
  counts.push(length);
  return counts;
}
