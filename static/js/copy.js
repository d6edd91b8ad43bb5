// Copies what a field holds: <button data-copy="#field" hidden>. Shown where the browser can.
import { t } from "./i18n.js"

for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = !navigator.clipboard
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.querySelector(button.dataset.copy).value)
    button.textContent = t("Copied")
  })
}

for (const field of document.querySelectorAll("[data-select]")) field.addEventListener("focus", () => field.select())
