"""The pages of trials and of comparisons in a real browser: drawn, readable, reachable by keyboard, and safe."""

import io
from pathlib import Path

import polars as pl
import pytest
from rich.console import Console

from mojo.commands.compare import show_comparison
from mojo.files import write_json
from mojo.layout import StudyLayout
from mojo.report.trial_page import write_pages
from tests.browser import ONE_BROWSER, assert_readable, focus_on_next, watched
from tests.report.fabricated import SIGNALS, recording, study_frame, write_results
from tests.report.test_in_browser import EVIL

pytestmark = ONE_BROWSER

OUTCOMES = ["success"] * 40 + ["failed"] * 3
GOOD, BAD = 1, 41
FIGURES = {
    "success": 4,  # three signals, and one with both components of a vector
    "failed": 0,
    "studies": 3,  # the objective and two metrics
    "trials": 5,
    "hostile success": 4,
    "hostile studies": 3,
}


def write_study(layout: StudyLayout, seed: int, metric: str, signal: str) -> None:
    """Write a study with one requirement, whose trial GOOD ended early and whose trial BAD failed."""
    is_good = pl.col("trial") == GOOD
    frame = study_frame(OUTCOMES, seed).with_columns(
        pl.when(is_good).then(1.2).alias("ended_at"),
        pl.when(is_good).then(pl.lit("swings")).alias("ended_by"),
        (pl.col("peak") < 0.7 + seed / 10).alias("requirement:swings"),
        pl.col("peak").alias("requirement value:swings"),
    )
    study = {"name": metric, "requirements": {"swings": {"metric": "peak", "max": 0.7 + seed / 10, "unit": "rad"}}}
    columns = ["Bodies/hand/xpos:x", *SIGNALS[1:], "Bodies/hand/xpos:y", signal]  # every third has the same unit
    write_results(
        layout,
        frame.rename({"bounces": metric}),
        lambda trial: recording(trial, columns=columns),
        study,
        ["peak", metric],
    )
    for trial in (GOOD, BAD):
        stages = {"generate": {"seconds": 0.1}, "simulate": {"wall_seconds": 0.2, "error": metric}}
        write_json(layout.trial(trial).status, {"trial": trial, "runs": {"simulate": 2}} | stages)
        layout.trial(trial).log.write_text(f"--- simulate\n{'a long line ' * 40}\n{metric}\n")


@pytest.fixture(scope="module")
def addresses(tmp_path_factory) -> dict[str, str]:
    """The address of each page."""
    folder: Path = tmp_path_factory.mktemp("results")
    found = {}
    for kind, metric, signal in (("", "bounces", "Joints/arm:qpos"), ("hostile ", EVIL, f"Joints/{EVIL}:qpos")):
        studies = [StudyLayout(folder / f"{kind}{name}") for name in ("before", "after")]
        for seed, layout in enumerate(studies, start=1):
            write_study(layout, seed, metric, signal)
        write_pages(studies[0], [GOOD, BAD])
        pairs = {
            "studies": [each.root for each in studies],
            "trials": [each.trial(trial).folder for each, trial in zip(studies, (GOOD, GOOD + 1), strict=True)],
        }
        for name, (before, after) in pairs.items():
            page = folder / f"{kind}{name}.html"
            show_comparison(before, after, page, Console(file=io.StringIO()))
            found[kind + name] = page.as_uri()
        for name, trial in (("success", GOOD), ("failed", BAD)):
            found[kind + name] = studies[0].trial(trial).page.as_uri()
    return found


@pytest.mark.parametrize("kind", FIGURES)
def test_every_page_is_drawn_and_readable_wide_and_narrow_light_and_dark(browser, addresses, kind):
    with watched(browser) as opened:
        page = opened(addresses[kind])
        assert_readable(page, kind)
        assert page.locator(".plot").count() == page.locator(".plot:has(.main-svg)").count() == FIGURES[kind]
        assert page.locator("h1").bounding_box()["y"] < 100
        assert page.locator("img").count() == 0  # that a name would have made


def test_a_trial_says_first_how_it_ended_and_why(open_page, addresses):
    page = open_page(addresses["failed"], 400)
    assert page.locator("h1").inner_text() == f"Trial {BAD} failed"
    assert page.get_by_text("ValueError: the gripper let go").first.bounding_box()["y"] < 300
    assert page.locator(".section").first.get_attribute("id") == "events"
    page.get_by_role("navigation").get_by_role("link", name="Log").click()
    assert page.get_by_text("a long line").bounding_box()["y"] < 900


def test_signals_of_a_trial_are_searched(open_page, addresses):
    page = open_page(addresses["success"])
    assert page.locator("#signals figure:visible").count() == 4
    page.get_by_label("Search").fill("hand XPOS")
    assert page.locator("#signals figure:visible").count() == 1 and page.get_by_text("1 of 4").is_visible()
    assert page.locator("#signals figure:visible .legendtext").all_text_contents() == ["x", "y"]


@pytest.mark.parametrize(
    ("kind", "sections"), [("success", "Requirements Metrics Inputs"), ("trials", "Values Signals")]
)
def test_pages_are_reached_by_keyboard_and_the_focus_is_seen(open_page, addresses, kind, sections):
    page = open_page(addresses[kind])
    reached = [focus_on_next(page) for _ in range(6)]
    assert reached[0]["text"] == "Skip to the results"
    assert all(each["outlined"] and each["visible"] for each in reached), reached
    assert " ".join(sections.split()) in " ".join(each["text"] for each in reached)
    page.locator(".skip").focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
    assert page.locator("summary").first.evaluate("(summary) => summary.parentElement.open")
    focus_on_next(page)
    page.keyboard.press("Enter")
    assert not page.locator("summary").first.evaluate("(summary) => summary.parentElement.open")
