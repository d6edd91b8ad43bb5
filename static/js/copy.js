// Copies what a field holds: <button data-copy="#field" hidden>. Without this, one marks it and copies it by hand.
import { t } from "./i18n.js"

for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = false
  button.addEventListener("click", async () => {
    const field = document.querySelector(button.dataset.copy)
    try {
      await navigator.clipboard.writeText(field.value)
    } catch { // a page without HTTPS, or an older WebView
      field.select()
      document.execCommand("copy")
    }
    button.lastChild.textContent = t("Copied")
  })
}

for (const field of document.querySelectorAll("[data-select]")) field.addEventListener("focus", () => field.select())
