// SPDX-License-Identifier: Apache-2.0
"use strict";
// Filters the pictures of pictures.js (TITLE and PICTURES). Nothing is loaded but thumbnails.

const ANY = "", NONE = "(none)", PAGE = 120;
const element = (id) => document.getElementById(id);
const CHOICES = ["source", "side", "hands", "size", "tag"];
let fitting = [], shown = 0, looking = -1;

// What each filter sees of a picture: a list of its values.
const valuesOf = {
  source: (picture) => [picture.source ?? NONE],
  side: (picture) => [...new Set(picture.hands.map(([side]) => side))],
  hands: (picture) => [handsOf(picture)],
  size: (picture) => [...new Set(picture.hands.map(([, size]) => size))],
  tag: (picture) => Object.entries(picture.tags).map(([name, value]) => `${name}: ${value}`),
};

function handsOf(picture) {
  if (!picture.labelled) return "no label";
  if (picture.together && picture.hands.length) return "all together";
  return picture.hands.length > 3 ? "4 or more" : String(picture.hands.length);
}

function fillChoice(id) {
  const counts = new Map();
  for (const picture of PICTURES)
    for (const value of valuesOf[id](picture)) counts.set(value, (counts.get(value) ?? 0) + 1);
  const order = { small: "0", medium: "1", large: "2" };
  const sorted = [...counts].sort(([one], [other]) =>
    (order[one] ?? one).localeCompare(order[other] ?? other, undefined, { numeric: true }));
  const choice = element(id);
  choice.add(new Option("any", ANY));
  for (const [value, count] of sorted) choice.add(new Option(`${value} (${count})`, value));
  choice.disabled = counts.size === 0;
}

function fits(picture) {
  const part = element("name").value.trim().toLowerCase();
  if (part && !picture.name.toLowerCase().includes(part)) return false;
  return CHOICES.every((id) => {
    const wanted = element(id).value;
    return wanted === ANY || valuesOf[id](picture).includes(wanted);
  });
}

function wordsOf(picture) {
  if (!picture.labelled) return "no label";
  const hands = picture.hands.map(([side]) => (side === "unknown" ? "hand" : side));
  const things = picture.objects ? [`${picture.objects} object${picture.objects > 1 ? "s" : ""}`] : [];
  if (picture.together && hands.length) return ["all hands together", ...things].join(", ");
  return [...hands, ...things].join(", ") || "no hand";
}

function cardOf(picture, place) {
  const card = document.createElement("button");
  card.type = "button";
  card.className = "card";
  const image = document.createElement("img");
  Object.assign(image, { src: picture.thumbnail, alt: "", loading: "lazy" });
  const words = document.createElement("span"), small = document.createElement("small");
  words.textContent = wordsOf(picture);
  small.textContent = picture.name;
  words.append(small);
  card.append(image, words);
  card.addEventListener("click", () => look(place));
  return card;
}

function showMore() {
  const next = fitting.slice(shown, shown + PAGE);
  element("grid").append(...next.map((picture, index) => cardOf(picture, shown + index)));
  shown += next.length;
  element("more").hidden = shown >= fitting.length;
}

function filter() {
  fitting = PICTURES.filter(fits);
  shown = 0;
  element("grid").replaceChildren();
  element("none").hidden = fitting.length > 0;
  element("count").textContent = `${fitting.length} of ${PICTURES.length} pictures`;
  showMore();
}

function look(place) {
  if (place < 0 || place >= fitting.length) return;
  looking = place;
  const picture = fitting[place];
  element("viewer-name").textContent = picture.name;
  Object.assign(element("viewer-image"), { src: picture.thumbnail, alt: wordsOf(picture) });
  const hands = picture.hands.map(([side, size, root]) => `${side}, ${size} (${root})`);
  const facts = { picture: `${picture.width} × ${picture.height}`, label: wordsOf(picture),
    hands: hands.join("; "), source: picture.source, person: picture.person,
    sequence: picture.sequence, ...picture.tags };
  element("viewer-facts").replaceChildren(...Object.entries(facts).flatMap(([name, value]) => {
    if (value === null || value === "") return [];
    const term = document.createElement("dt"), told = document.createElement("dd");
    term.textContent = name;
    told.textContent = value;
    return [term, told];
  }));
  if (!element("viewer").open) element("viewer").showModal();
}

function move(event) {
  const cards = [...element("grid").children], at = cards.indexOf(document.activeElement);
  const columns = getComputedStyle(element("grid")).gridTemplateColumns.split(" ").length;
  const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[event.key];
  if (at < 0) return;
  event.preventDefault();
  if (at + step >= cards.length) showMore();
  element("grid").children[at + step]?.focus();
}

document.addEventListener("keydown", (event) => {
  const typing = event.target.matches("input, select");
  if (element("viewer").open) {
    if (event.key === "ArrowLeft") look(looking - 1);
    if (event.key === "ArrowRight") look(looking + 1);
  } else if (event.key === "/" && !typing) {
    event.preventDefault();
    element("name").focus();
  } else if (event.key.startsWith("Arrow") && !typing) move(event);
});
element("viewer").addEventListener("close", () => element("grid").children[looking]?.focus());
element("previous").addEventListener("click", () => look(looking - 1));
element("next").addEventListener("click", () => look(looking + 1));
element("close").addEventListener("click", () => element("viewer").close());
element("more").addEventListener("click", showMore);
element("filters").addEventListener("input", filter);
element("filters").addEventListener("submit", (event) => event.preventDefault());
element("filters").addEventListener("reset", () => setTimeout(filter));
new IntersectionObserver(([seen]) => { if (seen.isIntersecting) showMore(); })
  .observe(element("more"));

document.title = element("title").textContent = TITLE;
CHOICES.forEach(fillChoice);
filter();
