// SPDX-License-Identifier: Apache-2.0
// What runs beside the page: its newest picture, how it goes, its hands.

import { ask, askJson } from "/static/service.js";
import { chosenCamera, isAnother, offerCameras, useCameras } from "./cameras.js";
import { showCapture, useCapture } from "./capture.js";
import { countText, fillHands, sideText } from "./hand_table.js";
import { pause, seen } from "./waiting.js";

const STATE_PERIOD = 300;
const RETRY_PERIOD = 1000;
const LONGEST_AGE = 3600000; // beyond, the camera's clock is another one
const LEVELS = {
  ok: ["Works.", "good"],
  warning: ["Warning:", "warn"],
  error: ["Error:", "bad"],
  stale: ["Silent:", "bad"],
  missing: ["Not there:", "bad"],
};
const element = (id) => document.getElementById(id);

export function useLive(name) {
  element("live").hidden = false;
  element("live-title").textContent = `Live: ${name}`;
  const shown = { age: null };
  useCapture();
  useCameras(() => forgetPicture(shown));
  repeat(() => showPicture(shown), 0);
  repeat(() => showState(shown), STATE_PERIOD);
}

// Do something again and again while the page is seen, and go on after a failure.
async function repeat(step, period) {
  for (;;) {
    await seen();
    try {
      await step();
      await pause(period);
    } catch (error) {
      element("live-problem").textContent = error.message;
      await pause(RETRY_PERIOD);
    }
  }
}

let number = 0;

// Pictures of another camera come next, whose numbers are its own.
function forgetPicture(shown) {
  number = 0;
  shown.age = null;
  element("live-picture").hidden = true;
}

function about(camera) {
  return `camera=${encodeURIComponent(camera)}`;
}

// Show the next picture when there is one; it is asked for only when the last one is on the screen.
async function showPicture(shown) {
  const camera = chosenCamera();
  const response = await ask(`/live/overlay?after=${number}&${about(camera)}`);
  element("live-problem").textContent = "";
  const came = performance.now();
  const blob = await response.blob();
  if (response.status === 204 || isAnother(camera)) return;
  const image = element("live-picture");
  const old = image.src;
  image.src = URL.createObjectURL(blob);
  image.hidden = false;
  if (old) URL.revokeObjectURL(old);
  await image.decode();
  if (isAnother(camera)) return forgetPicture(shown);
  number = Number(response.headers.get("X-Number"));
  shown.age = Number(response.headers.get("X-Age-Ms")) + performance.now() - came;
}

async function showState(shown) {
  const camera = chosenCamera();
  const state = await stateOf(camera);
  if (isAnother(camera)) return;
  offerCameras(state.cameras);
  const [word, look] = LEVELS[state.level];
  const level = element("live-level");
  if (level.textContent !== word) level.textContent = word; // said anew only where it is new
  level.className = look;
  element("live-message").textContent = state.message;
  showCapture(state.capture);
  element("live-picture").alt = `The newest image. ${countText(state.hands.length)}`;
  fillTerms(element("live-figures"), mainFigures(state, shown));
  fillTerms(element("live-all"), Object.entries(state.figures).map(inWords));
  fillHands(element("live-hands"), state.hands.map(rowOf));
}

// Return how it goes; a camera that is there no more is chosen no more.
async function stateOf(camera) {
  try {
    return await askJson(`/live/state?${about(camera)}`);
  } catch (error) {
    if (error.status === 404) offerCameras([]);
    throw error;
  }
}

function mainFigures({ figures, age_ms: age, hands }, shown) {
  return [
    ["Model", figures.model && `${figures.model} on ${figures.provider}`],
    ["Images answered", figures.rate_hz && `${Number(figures.rate_hz).toFixed(1)} a second`],
    ["Camera to answer", median(figures.stamp_age_median_ms)],
    ["Camera to this page", milliseconds(shown.age)],
    ["Newest answer", age !== null && `${milliseconds(age)} old`],
    ["Left out for newer ones", figures.frames_dropped_for_newer],
    ["Hands", String(hands.length)],
  ].filter(([, text]) => text);
}

function milliseconds(value) {
  if (value === null || value === undefined) return "";
  if (Math.abs(value) > LONGEST_AGE) return "not known, the stamps are of another clock";
  return `${Math.round(value)} ms`;
}

function median(value) {
  return value && `${milliseconds(Number(value))} (median)`;
}

function rowOf(hand) {
  const place = hand.position?.map((metres) => metres.toFixed(2)).join(", ");
  return {
    number: hand.track || hand.id,
    cells: [sideText(hand.side, hand.side_confidence), hand.score.toFixed(2), place ?? "not known"],
  };
}

// frames_dropped_for_newer: "Frames dropped for newer"; latency_p95_ms: "Latency p95, ms".
function inWords([key, text]) {
  const words = key.replace(/_(ms|s|hz)$/, ", $1").replaceAll("_", " ");
  return [words[0].toUpperCase() + words.slice(1), text];
}

function fillTerms(list, rows) {
  const items = rows.flatMap(([term, text]) => [withText("dt", term), withText("dd", text)]);
  list.replaceChildren(...items);
}

function withText(tag, text) {
  const made = document.createElement(tag);
  made.textContent = text;
  return made;
}
