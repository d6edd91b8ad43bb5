"""What is wrong with a page, as a browser shows it."""

from __future__ import annotations

import re
from collections.abc import Collection

from playwright.sync_api import Page

TARGET = 44  # CSS pixels: the least height of what a finger is to hit
CONTRAST = 4.5  # of text with what is behind it
NAMES = "Consult English Word Excel PowerPoint XLSX WeChat Outlook Google HTTP HTTPS Webhook example"
FOREIGN = frozenset(NAMES.casefold().split())  # words that Chinese pages rightly have

_WORD = re.compile("[A-Za-z]{4,}")
_ADDRESS = re.compile(r"\S+@\S+|https?://\S+|\S+\.(?:xlsx|csv)|[0-9A-Z]{5}-[0-9A-Z]{5}")

_TEXTS = """() => {
  const found = []
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  while (walk.nextNode()) {
    const place = walk.currentNode.parentElement
    if (place.closest('script, style, noscript, template, [lang="en"], [data-as-given]')) continue
    if (place.closest('details:not([open])') || place.checkVisibility()) found.push(walk.currentNode.data)
  }
  for (const name of ["placeholder", "aria-label", "title", "alt"]) {
    for (const place of document.querySelectorAll(`[${name}]`)) found.push(place.getAttribute(name))
  }
  return [document.title, ...found]
}"""

_CONTROLS = "a[href], button, input, select, textarea, summary, [tabindex='0']"

_LOW = """([selector, least]) => {
  const inSight = element => element.checkVisibility({ visibilityProperty: true })
    && element.getBoundingClientRect().width > 2 && !element.closest(".unseen, .skip")
  const height = element => {
    const boxes = [element, ...(element.labels || [])].map(one => one.getBoundingClientRect())
    return Math.max(...boxes.map(box => box.height))
  }
  const inline = element => element.matches("a") && getComputedStyle(element).display === "inline"
  return [...document.querySelectorAll(selector)]
    .filter(one => inSight(one) && !inline(one) && height(one) < least - 0.5)
    .map(one => `${one.outerHTML.slice(0, 120)} is ${height(one).toFixed(1)} px high`)
}"""

_UNMARKED = """selector => {
  const look = element => {
    const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element)
    return outlineStyle !== "none" && parseFloat(outlineWidth) >= 2 || boxShadow !== "none"
  }
  const unmarked = element => {
    element.focus({ focusVisible: true, preventScroll: true })
    return document.activeElement === element && !look(element)
  }
  return [...document.querySelectorAll(selector)]
    .filter(one => one.checkVisibility() && !one.disabled && one.tabIndex >= 0 && unmarked(one))
    .map(one => `${one.outerHTML.slice(0, 120)} does not show that it has the focus`)
}"""


_FAINT = """least => {
  const channels = colour => colour.match(/[0-9.]+/g).map(Number)
  const light = colour => channels(colour).slice(0, 3).map(value => value / 255)
    .map(value => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
    .reduce((sum, value, place) => sum + value * [0.2126, 0.7152, 0.0722][place], 0)
  const behind = place => {
    const { backgroundColor } = getComputedStyle(place)
    if ((channels(backgroundColor)[3] ?? 1) === 1) return backgroundColor
    return place.parentElement ? behind(place.parentElement) : "rgb(255, 255, 255)"
  }
  const contrast = place => {
    const [one, other] = [light(getComputedStyle(place).color), light(behind(place))]
    return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05)
  }
  const says = place => [...place.childNodes].some(node => node.nodeType === 3 && node.data.trim())
  return [...document.querySelectorAll("body *")]
    .filter(one => says(one) && !one.closest("svg, :disabled, .unseen, .skip") && one.checkVisibility())
    .filter(one => contrast(one) < least)
    .map(one => `“${one.textContent.trim().slice(0, 40)}” stands out by ${contrast(one).toFixed(1)} only`)
}"""

_OVERFLOW = """() => [
  document.documentElement.scrollWidth - innerWidth,
  [...document.querySelectorAll("body *")].filter(one => one.getBoundingClientRect().right > innerWidth + 1)
    .slice(0, 3).map(one => one.outerHTML.slice(0, 80)),
]"""


def foreign_words(page: Page, given: Collection[str] = ()) -> list[str]:
    """What a Chinese page says, or would say when something is opened in it, in Latin letters and not by the
    words that were `given` to it."""
    texts: list[str] = page.evaluate(_TEXTS)
    return [f"“{text.strip()[:80]}” is not Chinese" for text in dict.fromkeys(texts) if _foreign(text, given)]


def _foreign(text: str, given: Collection[str]) -> bool:
    words = _WORD.findall(_ADDRESS.sub(" ", text))
    return any(word.casefold() not in FOREIGN and word not in given for word in words)


def low_controls(page: Page) -> list[str]:
    """What one acts on that is lower than a finger needs; links in running text may be."""
    low: list[str] = page.evaluate(_LOW, [_CONTROLS, TARGET])
    return low


def faint_texts(page: Page) -> list[str]:
    """What can't be read well, for its colour is too near to that behind it."""
    faint: list[str] = page.evaluate(_FAINT, CONTRAST)
    return faint


def unmarked_focus(page: Page) -> list[str]:
    """What can be reached by the keyboard without showing it."""
    page.keyboard.press("Tab")
    unmarked: list[str] = page.evaluate(_UNMARKED, _CONTROLS)
    return unmarked


def overflow(page: Page) -> list[str]:
    """Whether the page scrolls sideways, and what sticks out."""
    wide, sticking = page.evaluate(_OVERFLOW)
    return [f"scrolls {wide} px sideways: {sticking}"] if wide > 0 else []
