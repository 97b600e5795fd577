// SPDX-License-Identifier: Apache-2.0
// Parameters of what runs: a control each, and the reason where a value is refused.

import { askJson, postJson } from "/static/service.js";
import { pause, seen } from "./waiting.js";

const PATH = "/live/parameters";
const REFRESH_PERIOD = 5000;
const RETRY_PERIOD = 1000;
const WIDE = "(min-width: 60rem)"; // else the list would push all that follows far down
const LONGEST_SLIDER = 10; // of wider ranges a slider cannot pick one value

const element = (id) => document.getElementById(id);

export async function useParameters() {
  const fields = new Map();
  element("parameters").open = matchMedia(WIDE).matches;
  for (;;) {
    await seen();
    try {
      show(fields, await askJson(PATH));
      element("parameters-problem").textContent = "";
      await pause(REFRESH_PERIOD);
    } catch (error) {
      element("parameters-problem").textContent = error.message;
      await pause(RETRY_PERIOD);
    }
  }
}

function show(fields, parameters) {
  for (const parameter of parameters) {
    if (!fields.has(parameter.name)) {
      const field = new Field(parameter, (all) => show(fields, all));
      fields.set(parameter.name, field);
      element("parameter-fields").append(field.element);
    }
    fields.get(parameter.name).show(parameter.value);
  }
}

class Field {
  #control;
  #told;
  #reason;
  #parameter;
  #shownAll;
  #waits = false;

  constructor(parameter, shownAll) {
    this.#parameter = parameter;
    this.#shownAll = shownAll;
    const id = `parameter-${parameter.name}`;
    this.#control = controlOf(parameter, id);
    this.#told = make("output", { htmlFor: id });
    this.#reason = make("p", { className: "bad", id: `${id}-reason` });
    this.#reason.setAttribute("role", "alert");
    this.#control.setAttribute("aria-describedby", `${id}-about ${id}-reason`);
    const label = make("label", { htmlFor: id, textContent: parameter.name });
    const note = parameter.is_read_only ? " It is set when the node starts." : "";
    const about = `${parameter.description}.${note}`;
    const line = make("span", { className: "slide" });
    line.append(this.#control, ...(this.#control.type === "range" ? [this.#told] : []));
    this.element = make("div", { className: "field" });
    this.element.append(
      label,
      line,
      make("p", { className: "soft", id: `${id}-about`, textContent: about }),
      this.#reason,
    );
    if (parameter.choices.length && parameter.is_open) {
      this.element.append(listOf(parameter.choices, `${id}-choices`));
    }
    this.#control.addEventListener("input", () => this.#tell());
    this.#control.addEventListener("change", () => this.#change());
  }

  // Show the value that holds, unless a person is about to choose another.
  show(value) {
    this.#parameter = { ...this.#parameter, value };
    if (this.#waits || (document.activeElement === this.#control && this.#isTyped())) return;
    this.#put(value);
  }

  #isTyped() {
    return ["text", "number"].includes(this.#control.type);
  }

  #put(value) {
    if (this.#parameter.kind === "bool") this.#control.checked = value;
    else this.#control.value = value;
    this.#tell();
  }

  #tell() {
    this.#told.textContent = this.#control.value;
  }

  #value() {
    if (this.#parameter.kind === "bool") return this.#control.checked;
    if (this.#parameter.kind === "str") return this.#control.value;
    return Number(this.#control.value);
  }

  async #change() {
    this.#waits = true;
    this.#reason.textContent = "";
    this.#control.setAttribute("aria-busy", "true");
    try {
      const all = await postJson(PATH, { name: this.#parameter.name, value: this.#value() });
      this.#waits = false;
      this.#shownAll(all);
    } catch (error) {
      this.#reason.textContent = error.message;
      this.#put(this.#parameter.value);
    } finally {
      this.#waits = false;
      this.#control.removeAttribute("aria-busy");
    }
  }
}

function controlOf(parameter, id) {
  const { kind, minimum, maximum, choices, is_open: isOpen, is_read_only: isReadOnly } = parameter;
  const control = make(choices.length && !isOpen ? "select" : "input", { id, disabled: isReadOnly });
  if (choices.length && !isOpen) {
    control.append(...choices.map((choice) => new Option(choice, choice)));
  } else if (kind === "bool") {
    control.type = "checkbox";
  } else if (kind === "str") {
    control.type = "text";
    control.autocomplete = "off";
    if (choices.length) control.setAttribute("list", `${id}-choices`);
  } else {
    const isShort = minimum !== null && maximum - minimum <= LONGEST_SLIDER;
    control.type = isShort ? "range" : "number";
    control.step = kind === "int" ? "1" : isShort ? "0.01" : "any";
    if (minimum !== null) Object.assign(control, { min: minimum, max: maximum });
  }
  return control;
}

function listOf(choices, id) {
  const list = make("datalist", { id });
  list.append(...choices.map((choice) => new Option(choice, choice)));
  return list;
}

function make(tag, properties) {
  const made = document.createElement(tag);
  return Object.assign(made, properties);
}
