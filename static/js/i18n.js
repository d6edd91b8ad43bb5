// The page's texts in the reader's language, from the block that the server wrote into the page.

const block = document.getElementById("texts")
const texts = block ? JSON.parse(block.textContent) : {}

/** The translated text, each %(name)s replaced by values.name. */
export function t(text, values = {}) {
  return (texts[text] || text).replace(/%\((\w+)\)s/g, (whole, name) => String(values[name] ?? whole))
}
