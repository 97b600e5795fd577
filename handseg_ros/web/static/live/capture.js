// SPDX-License-Identifier: Apache-2.0
// The buttons that store backgrounds and frames, and what is told of it.

import { postJson } from "/static/service.js";
import { chosenCamera, isAnother } from "./cameras.js";

const element = (id) => document.getElementById(id);
const buttons = () => element("capture").querySelectorAll("button");

export function useCapture() {
  for (const button of buttons()) {
    button.addEventListener("click", async () => {
      const camera = chosenCamera();
      try {
        const path = `/live/capture?camera=${encodeURIComponent(camera)}`;
        await postJson(path, { action: button.value });
      } catch (error) {
        if (!isAnother(camera)) tell(error.message, true);
      }
    });
  }
}

// Show where a session is; null where nothing is stored here.
export function showCapture(state) {
  element("capture").hidden = !state;
  if (!state) return;
  for (const button of buttons()) button.disabled = !state.available.includes(button.value);
  const left = state.seconds_left > 0 ? ` (${Math.ceil(state.seconds_left)} s)` : "";
  tell(state.message + left, state.is_problem);
}

function tell(words, isProblem) {
  const message = element("capture-message");
  if (message.textContent !== words) message.textContent = words; // said anew only where it is new
  message.className = isProblem ? "bad" : "";
}
