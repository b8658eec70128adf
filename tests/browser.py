"""A real browser for the tests: Chromium without a window, and what a test asks of a page that is open in it."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ONE_BROWSER = pytest.mark.xdist_group("browser")
"""For modules that use it: with several test processes, one of them runs all of these."""

OpenPage = Callable[..., "Page"]

# Every text that can be seen, with its contrast as WCAG 2 defines it: (lighter + 0.05) / (darker + 0.05).
FAINT = """() => {
  const channel = (c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  const luminance = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const parsed = (text) => {
    const numbers = (text.match(/[\\d.]+/g) ?? [0, 0, 0, 0]).map(Number);
    return numbers.length < 4 ? [...numbers, 1] : numbers;
  };
  const over = (top, below) => [0, 1, 2].map((i) => top[3] * top[i] + (1 - top[3]) * below[i]);
  const behind = (element) => {
    const layers = [];
    for (let each = element; each; each = each.parentElement) {
      layers.unshift(parsed(getComputedStyle(each).backgroundColor));
    }
    const isDark = matchMedia("(prefers-color-scheme: dark)").matches;
    return layers.reduce((below, top) => over(top, below), isDark ? [18, 18, 18] : [255, 255, 255]);
  };
  const faint = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || ["SCRIPT", "STYLE", "NOSCRIPT"].includes(element.tagName)) continue;
    const isSeen = element.checkVisibility({ visibilityProperty: true, opacityProperty: true });
    if (!isSeen || element.closest(":disabled")) continue;
    const style = getComputedStyle(element);
    const below = behind(element);
    const isDrawn = element instanceof SVGElement;
    if (isDrawn && !element.closest(".xtick, .ytick, .g-xtitle, .g-ytitle")) continue;
    const ink = over(parsed(isDrawn ? style.fill : style.color), below);
    const [dark, light] = [luminance(ink), luminance(below)].sort((a, b) => a - b);
    const size = parseFloat(style.fontSize);
    const isSign = element.classList.contains("key"); // of a legend: drawn, not read
    const least = isSign || size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
    const contrast = (light + 0.05) / (dark + 0.05);
    if (contrast < least) faint.push(`${walker.currentNode.data.trim().slice(0, 40)}: ${contrast.toFixed(2)}`);
  }
  return faint;
}"""

FOCUSED = """() => {
  const element = document.activeElement;
  const style = getComputedStyle(element);
  const box = element.getBoundingClientRect();
  return {
    role: element.getAttribute("role") ?? "",
    text: element.textContent.trim().slice(0, 40),
    outlined: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    visible: element.checkVisibility() && box.right > 0 && box.width > 0,
  };
}"""


@pytest.fixture(scope="session")
def browser() -> Iterator["Browser"]:
    """Chromium; where there is none, tests fail in CI and skip elsewhere."""
    path = next((found for name in NAMES if (found := shutil.which(name))), None)
    if path is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)("There is no Chromium here.")
    from playwright.sync_api import sync_playwright

    options = ["--no-sandbox"] if os.geteuid() == 0 else []  # root has no sandbox
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=path, args=[*options, "--disable-dev-shm-usage", "--disable-gpu"]
        )
        yield chromium
        chromium.close()


@contextmanager
def watched(browser: "Browser", expected: str | None = None) -> Iterator[OpenPage]:
    """Yield a function that opens an address; what goes wrong in a page is an error when the block ends.

    Args:
        browser: The browser.
        expected: Part of what the console may say nevertheless.
    """
    contexts, wrong = [], list[str]()

    def opened(url: str, width: int = 1600, scheme: Any = "light") -> "Page":
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("console", lambda said: wrong.append(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("dialog", lambda dialog: (wrong.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.goto(url)
        return page

    try:
        yield opened
    finally:
        for context in contexts:
            context.close()
    assert [said for said in wrong if expected is None or expected not in said] == []


@pytest.fixture
def open_page(browser: "Browser") -> Iterator[OpenPage]:
    """Open pages that last for one test."""
    with watched(browser) as opened:
        yield opened


def overflow(page: "Page") -> int:
    """Return by how many pixels a page is wider than its window."""
    return page.evaluate("document.documentElement.scrollWidth - innerWidth")


def assert_readable(page: "Page", what: str) -> None:
    """Check that nothing sticks out and no text is faint, light and dark, wide and narrow."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for width in (400, 1600):
            page.set_viewport_size({"width": width, "height": 900})
            scroll_through(page)
            assert overflow(page) <= 0, (what, scheme, width)
            assert faint_texts(page) == [], (what, scheme, width)


def faint_texts(page: "Page") -> list[str]:
    """Return the texts whose contrast is below WCAG's level AA."""
    return page.evaluate(FAINT)


def focus_on_next(page: "Page") -> dict[str, Any]:
    """Press Tab, and return what has the focus now."""
    page.keyboard.press("Tab")
    return page.evaluate(FOCUSED)


def tabs(page: "Page") -> list[str]:
    """Return the titles of the tabs."""
    return page.get_by_role("tab").all_inner_texts()


def scroll_through(page: "Page") -> None:
    """Open what is folded, bring every part of the page onto the screen, and wait until its figures are drawn."""
    page.evaluate(
        """async () => {
          for (const folded of document.querySelectorAll("details")) folded.open = true;
          for (const plot of document.querySelectorAll(".plot")) {
            if (!plot.checkVisibility()) continue;
            plot.scrollIntoView({ behavior: "instant" });
            await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
          }
        }"""
    )
    page.wait_for_function(
        """() => [...document.querySelectorAll(".plot")].every((plot) =>
             !plot.checkVisibility() || (plot.querySelector(".main-svg") && plot.getBoundingClientRect().height > 50
               && Math.abs(plot.querySelector(".main-svg").clientWidth - plot.clientWidth) <= 1))"""
    )
