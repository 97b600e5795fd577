// SPDX-License-Identifier: Apache-2.0
// Try a picture: dropped, chosen or of this device's camera.

import { askJson } from "/static/service.js";
import { Camera } from "./camera.js";
import { countText, fillHands, sideText } from "./hand_table.js";
import { NewestFirst } from "./newest_first.js";

const element = (id) => document.getElementById(id);

// Have the section work; `thresholds` are the service's own, {score, mask}.
export function usePictures(thresholds) {
  let picture = null;
  const posting = new NewestFirst(post);
  const camera = new Camera(element("video"));

  useSlider("score", thresholds.score, again);
  useSlider("mask", thresholds.mask, again);
  element("overlay").addEventListener("change", again);
  element("file").addEventListener("change", chooseFile);
  useDrop(element("drop"), choose);
  element("camera").addEventListener("click", toggleCamera);

  // One that was chosen while the service was still asked what it is waits already.
  chooseFile();

  function chooseFile() {
    const { files } = element("file");
    if (files.length) choose(files[0]);
  }

  function choose(file) {
    stopCamera();
    picture = file;
    again();
  }

  function again() {
    if (picture && !camera.isOn) posting.submit(picture);
  }

  async function post(file) {
    try {
      show(await predict(file));
      problem("");
    } catch (error) {
      problem(error.message);
    }
  }

  async function toggleCamera() {
    if (camera.isOn) return stopCamera();
    try {
      await camera.start();
    } catch (error) {
      return problem(error.message);
    }
    element("camera").setAttribute("aria-pressed", "true");
    element("camera").textContent = "Stop the camera";
    while (camera.isOn) {
      const frame = await camera.frame();
      // a file may have been chosen while the frame was made
      if (frame && camera.isOn) await posting.submit((picture = frame));
    }
  }

  function stopCamera() {
    camera.stop();
    element("camera").setAttribute("aria-pressed", "false");
    element("camera").textContent = "Use the camera";
  }
}

async function predict(file) {
  const form = new FormData();
  form.append("image", file, "picture");
  const query = new URLSearchParams({
    threshold: element("score").value,
    mask_threshold: element("mask").value,
    overlay: element("overlay").value,
    mask: "none",
  });
  const answer = await askJson(`/predict?${query}`, { method: "POST", body: form });
  return { ...answer, file };
}

function show({ predictions, width, height, overlay, file }) {
  const image = element("found");
  if (image.src.startsWith("blob:")) URL.revokeObjectURL(image.src);
  image.src = overlay ? `data:image/jpeg;base64,${overlay}` : URL.createObjectURL(file);
  image.alt = `The picture, ${width} x ${height} pixels. ${countText(predictions.length)}`;
  image.parentElement.hidden = false;
  element("count").textContent = countText(predictions.length);
  const rows = predictions.map((hand, index) => ({
    number: index + 1,
    cells: [
      sideText(hand.side, hand.side_confidence),
      hand.score.toFixed(2),
      `${hand.area} (${((100 * hand.area) / (width * height)).toFixed(1)} %)`,
    ],
  }));
  fillHands(element("hands"), rows);
}

function problem(text) {
  element("try-problem").textContent = text;
}

function useSlider(id, value, changed) {
  const slider = element(id);
  const told = () => (element(`${id}-value`).textContent = Number(slider.value).toFixed(2));
  slider.value = value;
  told();
  slider.addEventListener("input", () => {
    told();
    changed();
  });
}

function useDrop(area, choose) {
  const over = (isOver) => area.classList.toggle("over", isOver);
  area.addEventListener("dragover", (event) => {
    event.preventDefault();
    over(true);
  });
  area.addEventListener("dragleave", () => over(false));
  area.addEventListener("drop", (event) => {
    event.preventDefault();
    over(false);
    if (event.dataTransfer.files.length) choose(event.dataTransfer.files[0]);
  });
}
