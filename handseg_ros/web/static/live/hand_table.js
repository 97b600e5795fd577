// SPDX-License-Identifier: Apache-2.0
// Rows of a table of hands.

const COLOURS = 6;

// Fill a table's body; a row is {number, colour, cells}: texts, of which the first gets the colour.
export function fillHands(table, rows) {
  table.hidden = rows.length === 0;
  table.tBodies[0].replaceChildren(...rows.map(rowOf));
}

function rowOf({ number, cells }) {
  const row = document.createElement("tr");
  const head = document.createElement("th");
  head.scope = "row";
  const swatch = document.createElement("span");
  swatch.className = `swatch colour-${((number - 1) % COLOURS) + 1}`;
  head.append(swatch, String(number));
  row.append(head, ...cells.map(cellOf));
  return row;
}

function cellOf(text) {
  const cell = document.createElement("td");
  cell.textContent = text;
  return cell;
}

export function sideText(side, confidence) {
  return side === "unknown" ? "unknown" : `${side} (${Math.round(100 * confidence)} %)`;
}

export function countText(count) {
  return count === 0 ? "No hand was found." : `${count} ${count === 1 ? "hand" : "hands"} found.`;
}
