// SPDX-License-Identifier: Apache-2.0
// The page for labels: which picture is shown, which tool draws, and what the keys do.

import { ask, askJson, postJson } from "/static/service.js";
import { LabelDocument } from "./document.js";
import { resorted } from "./order.js";
import { Saver } from "./saving.js";
import { Stage } from "./stage.js";
import { boxOf, Tools } from "./tools.js";
import { decode } from "./run_lengths.js";

const element = (id) => document.getElementById(id);
const NAMES = { left_hand: "left hand", right_hand: "right hand", hand: "hand", object: "object" };

const stage = new Stage(element("stage"));
const saver = new Saver(tellSaved, tellConflict);
const tools = new Tools(stage, { changed, chosen: showInstances, cut });
let pictures = [];
let place = -1;
let furthest = -1; // of what was seen: that stays where it is
let drawn = null; // nothing while a picture is being loaded
let moving = Promise.resolve();

const KEYS = {
  PageDown: ["next picture", () => go(1)],
  PageUp: ["previous picture", () => go(-1)],
  b: ["brush", () => useTool("brush")],
  e: ["eraser", () => useTool("eraser")],
  p: ["polygon: click corners, Enter closes it, Escape leaves it", () => useTool("polygon")],
  g: ["cut out what stands out in a box", () => useTool("cut")],
  "[": ["smaller brush", () => resize(0.8)],
  "]": ["larger brush", () => resize(1.25)],
  n: ["new hand", add],
  Delete: ["delete the chosen one", remove],
  l: ["it is a left hand", () => name("left_hand")],
  r: ["it is a right hand", () => name("right_hand")],
  u: ["its side is unknown", () => name("hand")],
  o: ["it is an object", () => name("object")],
  z: ["undo", () => step("undo")],
  y: ["redo", () => step("redo")],
  "+": ["larger (or the wheel)", () => stage.zoom(1.25)],
  "-": ["smaller", () => stage.zoom(0.8)],
  0: ["whole picture", () => stage.fit()],
  ArrowLeft: ["move the picture (or drag with the right button, or with Shift)", () => stage.move(60, 0)],
  ArrowRight: ["", () => stage.move(-60, 0)],
  ArrowUp: ["", () => stage.move(0, 60)],
  ArrowDown: ["", () => stage.move(0, -60)],
  Enter: ["close the polygon, or save as it is", () => tools.close() || changed()],
  Escape: ["leave the polygon", () => tools.leave()],
  "?": ["these keys", () => element("help").showModal()],
};

// Show the next or previous picture, once the last one is there and what was drawn on it is safe.
function go(direction) {
  return inTurn(() => move(direction));
}

// Do what shows or saves a picture when all that was begun before is done.
function inTurn(step) {
  moving = moving.then(step).catch((error) => problem(error.message));
  return moving;
}

async function move(direction) {
  tools.finish();
  await saver.done;
  pictures = resorted(pictures, furthest + 1, await askJson("/label/pictures"));
  tools.finish();
  await saver.done; // of what was drawn meanwhile
  let next = place + direction;
  const isOpen = (index) => !element("open-only").checked || !pictures[index].is_labelled;
  while (next >= 0 && next < pictures.length && !isOpen(next)) next += direction;
  if (next < 0 || next >= pictures.length) return problem("There is no further picture.");
  place = next;
  furthest = Math.max(furthest, place);
  await show();
}

async function show() {
  problem("");
  element("conflict").hidden = true;
  const { name: picture } = pictures[place];
  drawn = null;
  tools.use(null);
  try {
    const label = await saver.load(picture);
    const response = await ask(`/label/picture?name=${encodeURIComponent(picture)}`);
    const image = await createImageBitmap(await response.blob());
    drawn = new LabelDocument(label);
    tools.use(drawn);
    stage.show(image, drawn);
    showInstances();
  } catch (error) {
    problem(error.message);
  }
  const labelled = pictures.filter((one) => one.is_labelled).length;
  const unranked = pictures.filter((one) => !one.is_ranked).length;
  element("where").textContent =
    `${picture}: ${place + 1} of ${pictures.length}, ${labelled} labelled` +
    (unranked ? `, ${unranked} the model has yet to look at` : "");
}

function changed() {
  if (!drawn) return;
  stage.draw();
  showInstances();
  pictures[place].is_labelled = true;
  problem("");
  saver.save(drawn.packed());
}

function showInstances() {
  const rows = drawn.instances.map(({ label, mask }, index) => {
    const button = document.createElement("button");
    const swatch = document.createElement("span");
    swatch.className = `swatch colour-${(index % 6) + 1}`;
    const pixels = mask.reduce((sum, value) => sum + value, 0);
    button.append(swatch, `${index + 1}: ${NAMES[label]}, ${pixels} pixels`);
    button.setAttribute("aria-pressed", String(index === drawn.chosen));
    button.addEventListener("click", () => choose(index));
    const item = document.createElement("li");
    item.append(button);
    return item;
  });
  element("instances").replaceChildren(...rows);
  element("remove").disabled = element("label").disabled = drawn.chosen < 0;
  element("undo").disabled = !drawn.past.length;
  element("redo").disabled = !drawn.future.length;
  if (drawn.current) element("label").value = drawn.current.label;
}

function choose(index) {
  if (index >= drawn.instances.length) return;
  drawn.chosen = index;
  stage.draw();
  showInstances();
}

function add() {
  drawn.mark();
  drawn.add("hand");
  showInstances();
}

function remove() {
  if (drawn.chosen < 0) return;
  drawn.mark();
  drawn.remove();
  changed();
}

function name(label) {
  if (!drawn?.current) return;
  drawn.mark();
  drawn.current.label = label;
  // what another file says of the side is no longer so
  delete drawn.current.attributes.side;
  changed();
}

function step(direction) {
  if (drawn[direction]()) changed();
}

async function cut(points) {
  const on = drawn;
  const hand = on.current;
  const path = `/label/cut?name=${encodeURIComponent(pictures[place].name)}`;
  let counts;
  try {
    ({ counts } = await postJson(path, boxOf(points)));
  } catch (error) {
    if (drawn === on) problem(error.message);
    return;
  }
  if (drawn !== on) return; // another picture is shown by now
  if (on.current !== hand) return problem("Another hand was chosen meanwhile: draw the box again.");
  drawn.mark();
  if (!drawn.current) drawn.add("hand");
  const found = decode(counts, drawn.width, drawn.height);
  found.forEach((value, index) => value && (drawn.current.mask[index] = 1));
  changed();
}

function useTool(tool) {
  tools.choose(tool);
  for (const button of document.querySelectorAll(".tool")) {
    button.setAttribute("aria-pressed", String(button.dataset.tool === tool));
  }
}

function resize(factor) {
  const size = element("size");
  size.value = Math.round(Number(size.value) * factor + (factor > 1 ? 1 : -1));
  tools.radius = Number(size.value) / 2;
}

function tellSaved(words, kind) {
  element("saved").textContent = words;
  element("saved").className = kind;
}

function problem(words) {
  element("problem").textContent = words;
}

function tellConflict(error, picture, instances) {
  problem(error.message);
  if (error.status !== 409 || picture !== pictures[place].name) return;
  element("conflict").hidden = false;
  // where another picture is shown by now, its own question comes when this one is opened again
  const settle = (step) => () => inTurn(() => picture === pictures[place].name && step());
  element("theirs").onclick = settle(() => {
    saver.forget(picture);
    return show();
  });
  element("mine").onclick = settle(async () => {
    const path = `/label/label?name=${encodeURIComponent(picture)}`;
    element("conflict").hidden = true;
    problem("");
    const { revision } = await askJson(path);
    saver.save(drawn?.packed() ?? instances, revision);
  });
}

function bind() {
  const clicks = { previous: () => go(-1), next: () => go(1), undo: () => step("undo"),
    redo: () => step("redo"), fit: () => stage.fit(), add, remove, confirm: changed,
    "help-button": () => element("help").showModal() };
  for (const [id, act] of Object.entries(clicks)) {
    const isAlways = id === "previous" || id === "next" || id === "help-button";
    element(id).addEventListener("click", () => (drawn || isAlways) && act());
  }
  element("nothing").addEventListener("click", () => {
    if (!drawn) return;
    drawn.mark();
    drawn.instances = [];
    drawn.chosen = -1;
    changed();
  });
  element("label").addEventListener("change", (event) => name(event.target.value));
  element("size").addEventListener("input", (event) => (tools.radius = event.target.value / 2));
  for (const button of document.querySelectorAll(".tool")) {
    button.addEventListener("click", () => useTool(button.dataset.tool));
  }
  document.addEventListener("keydown", press);
  const told = Object.entries(KEYS).filter(([, [words]]) => words);
  element("keys").replaceChildren(...told.flatMap(([key, [words]]) => {
    const term = document.createElement("dt");
    const said = document.createElement("dd");
    term.textContent = key;
    said.textContent = words;
    return [term, said];
  }), ...digits());
}

function digits() {
  const term = document.createElement("dt");
  const said = document.createElement("dd");
  term.textContent = "1 … 9";
  said.textContent = "choose a hand or object";
  return [term, said];
}

function press(event) {
  if (event.ctrlKey || event.altKey || event.metaKey || element("help").open) return;
  if (event.target.closest("select, input")) return;
  // a focused button is pressed by Enter
  if (event.key === "Enter" && event.target.closest("button")) return;
  if (drawn && /^[1-9]$/.test(event.key)) return choose(Number(event.key) - 1);
  const found = KEYS[event.key] ?? KEYS[event.key.toLowerCase()];
  if (!found || (!drawn && !event.key.startsWith("Page"))) return;
  event.preventDefault();
  found[1]();
}

bind();
go(1);
