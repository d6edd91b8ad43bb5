// One's own comments on their way: shown at once, with what can be done where one was refused.
import { t } from "../i18n.js";
import { clock } from "./clock.js";
import { button, element, part } from "./dom.js";

export class PendingView {
  constructor(outbox) {
    this.outbox = outbox;
    this.place = part("pending");
    this.nodes = new Map();
  }

  /** Draws an item as it is now. */
  draw(item) {
    this.nodes.get(item.key)?.remove();
    this.nodes.delete(item.key);
    if (item.state === "gone") return;
    const node = element("said");
    node.dataset.own = "";
    node.dataset.is = item.state;
    part("name", node).textContent = t("I");
    for (const other of ["office", "of", "number", "late", "acts"]) part(other, node).remove();
    const time = node.querySelector("time");
    time.dateTime = item.typed_at;
    time.textContent = clock.time(item.typed_at);
    part("text", node).textContent = item.text;
    const foot = part("foot", node);
    foot.hidden = false;
    foot.append(...(item.state === "failed" ? this._failed(item) : [waiting(item)]));
    this.place.append(node);
    this.nodes.set(item.key, node);
  }

  /** Our own comment has come with the log before its acknowledgement: once is enough. */
  came(text) {
    const item = [...this.outbox.items.values()].find((one) => one.text === text && this.nodes.has(one.key));
    if (item) this.draw({ ...item, state: "gone" });
  }

  _failed(item) {
    const why = document.createElement("span");
    why.setAttribute("role", "alert");
    why.textContent = t("Not sent, kept on this device. %(why)s", { why: item.why });
    return [
      why,
      button(t("Send again"), () => this.outbox.retry(item.key)),
      button(t("Delete"), () => this.outbox.remove(item.key)),
    ];
  }
}

function waiting(item) {
  return item.wait ? t("Too fast. It goes out in %(seconds)s s.", { seconds: item.wait }) : t("Sending…");
}
