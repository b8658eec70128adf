"""How soon a report can be used in Chromium: `python benchmarks/interactive.py results/lander/report.html [--runs 5]`.

"drawn" is when the page is loaded, every figure that can be seen is drawn, and the browser has nothing left to do; all
from the moment in which it is asked for the file. "answered" is how long, from a click on another tab, the same takes
there. The longest of the tabs counts. The target is 2 s for both together. Playwright watches the browser, and what it
watches is about a quarter slower. Other programs on the machine spoil the times.
"""

import argparse
import shutil
import statistics
from pathlib import Path

from playwright.sync_api import sync_playwright

TARGET = 2.0  # s
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SETTLED = """async () => {
  const isSeen = (plot) => plot.checkVisibility() && plot.getBoundingClientRect().top < innerHeight;
  const isDrawn = (plot) => plot.querySelector(".main-svg");
  const frame = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
  do await frame(); while (![...document.querySelectorAll(".plot")].filter(isSeen).every(isDrawn));
  await new Promise((resolve) => requestIdleCallback(resolve));
}"""
OPENED = f"async () => {{ await ({SETTLED})(); return performance.now(); }}"
CLICKED = f"""async (tab) => {{
  const begin = performance.now();
  tab.click();
  await ({SETTLED})();
  return performance.now() - begin;
}}"""


def seconds(report: Path) -> tuple[float, float]:
    """Return the time until a report is drawn, and the longest until a click on a tab is answered [s]."""
    path = next(found for name in BROWSERS if (found := shutil.which(name)))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1600, "height": 900})
        page.goto(report.absolute().as_uri())
        drawn = page.evaluate(OPENED)
        answered = [tab.evaluate(CLICKED) for tab in page.get_by_role("tab").all()[1:]]
        browser.close()
    return drawn / 1000, max(answered, default=0.0) / 1000


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("report", type=Path)
    parser.add_argument("--runs", type=int, default=5, help="each in a browser of its own; the median counts")
    given = parser.parse_args()
    found = [seconds(given.report) for _ in range(given.runs)]
    drawn, answered = (statistics.median(column) for column in zip(*found, strict=True))
    print(f"drawn after {drawn:.2f} s, a tab after {answered:.2f} s more; target {TARGET:g} s")


if __name__ == "__main__":
    main()
