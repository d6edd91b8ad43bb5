// The parts of the room's page, found by their data-part, and copies of its templates.

export const part = (name, within = document) => within.querySelector(`[data-part="${name}"]`);

/** A fresh copy of a template's element. */
export function element(template) {
  return document.getElementById(template).content.firstElementChild.cloneNode(true);
}

/** A small button with a word on it. */
export function button(word, press) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "button bare";
  made.textContent = word;
  made.addEventListener("click", press);
  return made;
}

/** Says something once to those who hear the page instead of seeing it. */
export function sayAloud(text) {
  document.querySelector("[data-said-aloud]").textContent = text;
}
