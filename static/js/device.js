// What this device remembers: the size of text, light or dark. Runs in <head>, before anything is painted.
(() => {
  const page = document.documentElement
  const dark = matchMedia("(prefers-color-scheme: dark)")
  const remembered = name => {
    try { return localStorage.getItem(name) } catch { return null }
  }
  const apply = (changed = {}) => {
    const { theme, text } = { theme: remembered("theme"), text: remembered("text"), ...changed }
    page.dataset.bsTheme = theme === "light" || theme === "dark" ? theme : dark.matches ? "dark" : "light"
    if (["125", "150", "170"].includes(text)) page.dataset.text = text
    else delete page.dataset.text
  }
  apply()
  if (dark.addEventListener) dark.addEventListener("change", () => apply())
  addEventListener("storage", () => apply())
  addEventListener("device-changed", event => apply(event.detail))
})()
