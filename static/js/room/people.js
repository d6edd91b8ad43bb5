// Who is present: in one line, and by unit or sector.
import { t } from "../i18n.js";
import { element, part } from "./dom.js";

export class People {
  constructor() {
    this.known = {};
  }

  /** Takes what is told over what was known. */
  take(told) {
    this.known = { ...this.known, ...told };
    const { people, expected, excused } = this.known;
    for (const place of document.querySelectorAll("[data-people]")) place.textContent = people;
    for (const place of document.querySelectorAll("[data-expected]")) place.textContent = t("present, of %(count)s expected", { count: expected });
    part("excused").textContent = t("%(count)s on leave", { count: excused });
    const groups = told.by_unit || told.by_sector;
    if (groups) part("groups").replaceChildren(...groups.map(row));
  }
}

function row({ name, people, expected }) {
  const made = element("group");
  part("name", made).textContent = name;
  part("count", made).textContent = people;
  part("of", made).textContent = ` / ${expected}`;
  const share = expected ? Math.min(100, (100 * people) / expected) : 0;
  made.querySelector(".meter-part").setAttribute("width", `${share}%`);
  return made;
}
