// SPDX-License-Identifier: Apache-2.0
// Which of several cameras is shown: a choice, hidden where there is but one.

const element = (id) => document.getElementById(id);

// Have `changed` called when a person chooses another camera.
export function useCameras(changed) {
  element("live-camera").addEventListener("change", changed);
}

// The camera that is chosen, as a request names it; "" until the names are known.
export function chosenCamera() {
  return element("live-camera").value;
}

// Whether a person has chosen another camera since one, "" for the first, was asked for.
export function isAnother(camera) {
  const { options, value } = element("live-camera");
  return (camera || (options[0]?.value ?? "")) !== value;
}

// Offer these cameras; the one that is chosen stays so where it is among them.
export function offerCameras(names) {
  const select = element("live-camera");
  element("live-cameras").hidden = names.length === 0;
  if (names.join() === [...select.options].map((option) => option.value).join()) return;
  const chosen = select.value;
  select.replaceChildren(...names.map((name) => new Option(name)));
  if (names.includes(chosen)) select.value = chosen;
}
