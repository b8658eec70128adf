"""The report in a real browser: drawn, readable, reachable by keyboard, and safe whatever the names are."""

import polars as pl
import pytest

from mojo.layout import StudyLayout
from mojo.report.write import write_report
from tests.browser import (
    ONE_BROWSER,
    assert_readable,
    focus_on_next,
    overflow,
    scroll_through,
    tabs,
    watched,
)
from tests.report.fabricated import SIGNALS, recording, study_frame, write_results

pytestmark = ONE_BROWSER

EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'`${7}{{7*7}}😀\u2028\u202e%{x}</style>" + "x" * 300
OUTCOMES = ["success"] * 40 + ["failed"] * 3 + ["diverged", "timeout"]


@pytest.fixture(scope="module")
def report(tmp_path_factory) -> str:
    """The address of the report of 45 trials, some of which failed."""
    layout = StudyLayout(tmp_path_factory.mktemp("results") / "pendulum")
    many = [*SIGNALS, *(f"Bodies/link_{k}/xpos:z" for k in range(9))]
    requirement = {"swings": {"metric": "peak", "max": 1.2, "unit": "rad"}}
    frame = study_frame(OUTCOMES).with_columns(
        pl.when(pl.col("outcome") == "success").then(pl.col("peak") < 1.2).alias("requirement:swings"),
        pl.col("peak").alias("requirement value:swings"),
    )
    write_results(layout, frame, lambda trial: recording(trial, columns=many), {"requirements": requirement})
    write_report(layout)
    return layout.report.as_uri()


@pytest.fixture(scope="module")
def shared(browser, report):
    """The report, opened once: loading it takes longest."""
    with watched(browser) as opened:
        yield opened(report)


@pytest.fixture
def page(shared):
    """The report at its first tab, 1600 pixels wide."""
    shared.set_viewport_size({"width": 1600, "height": 900})
    shared.get_by_role("tab").first.click()
    shared.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
    return shared


def test_the_verdict_is_read_first(page):
    page.set_viewport_size({"width": 400, "height": 900})
    heading = page.locator("h1").bounding_box()
    assert heading["y"] + heading["height"] < 300
    assert tabs(page) == ["Overview", "Metrics", "Drivers", "Worst trials", "Signals", "All trials", "Health", "Origin"]
    assert page.locator("#requirements").is_visible() and page.locator("#failures").is_visible()


def test_every_tab_is_drawn_and_readable_wide_and_narrow_light_and_dark(page):
    for title in tabs(page):
        page.get_by_role("tab", name=title, exact=True).click()
        assert page.locator('[role="tabpanel"]:not([hidden])').count() == 1
        assert_readable(page, title)
    assert page.locator(".plot").count() == page.locator(".plot:has(.main-svg)").count() > 10


def test_the_table_is_searched_and_sorted(page):
    page.get_by_role("tab", name="All trials").click()
    rows = page.locator("#trials tbody tr")
    page.get_by_label("Search").fill("diverged")
    assert rows.count() == 1 and page.get_by_text("1–1 of 1 found").is_visible()
    page.get_by_label("Search").fill("")
    assert rows.count() == len(OUTCOMES)
    page.get_by_role("button", name="objective [J]").click()
    sorted_by = page.locator("#trials th[aria-sort]")
    column = sorted_by.evaluate("(cell) => [...cell.parentElement.children].indexOf(cell)")
    shown = [float(rows.nth(k).locator("td").nth(column).inner_text().replace("−", "-")) for k in range(5)]
    assert shown == sorted(shown) and sorted_by.inner_text().startswith("objective")


def test_a_link_opens_the_tab_of_its_target_and_searches_there(page, open_page):
    page.locator("#completeness").get_by_role("link", name="diverged").click()
    for each in (page, open_page(page.url)):  # the address keeps the tab
        assert each.get_by_role("tab", name="All trials").get_attribute("aria-selected") == "true"
    assert page.locator("#trials tbody tr").count() == 1


def test_many_figures_are_searched(page):
    page.get_by_role("tab", name="Signals").click()
    assert page.locator("#telemetry figure:visible").count() == 12
    page.get_by_label("Find a figure").fill("link_3 xpos")
    assert page.locator("#telemetry figure:visible").count() == 1 and page.get_by_text("1 of 12").is_visible()
    page.get_by_label("Find a figure").fill("")


def test_everything_is_reached_by_keyboard_and_the_focus_is_seen(page):
    page.locator(".skip").focus()
    page.keyboard.press("Shift+Tab")
    reached = [focus_on_next(page) for _ in range(8)]
    assert reached[0]["text"] == "Skip to the results" and reached[1]["role"] == "tab"
    assert all(each["outlined"] and each["visible"] for each in reached), reached
    page.get_by_role("tab").first.focus()
    moves = (("ArrowRight", "Metrics"), ("End", "Origin"), ("ArrowRight", "Overview"), ("ArrowLeft", "Origin"))
    for key, title in moves:
        page.keyboard.press(key)
        assert page.locator(":focus").inner_text() == title
        assert page.locator(":focus").get_attribute("aria-selected") == "true"
    assert page.locator("#provenance").is_visible() and not page.locator("#requirements").is_visible()


def test_hidden_tabs_are_found_by_the_browsers_own_search_and_are_on_paper(page):
    assert page.locator('[role="tabpanel"][hidden="until-found"]').count() == len(tabs(page)) - 1
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator('[role="tabpanel"][hidden]').count() == 0
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator('[role="tabpanel"][hidden]').count() == len(tabs(page)) - 1


@pytest.mark.parametrize("outcomes", [[], ["success"], ["success"] * 2, ["failed"] * 5], ids=["0", "1", "2", "failed"])
def test_small_and_failed_studies_are_shown(fabricate, open_page, outcomes):
    layout = fabricate(study_frame(outcomes), study={"n_trial": len(outcomes)})
    write_report(layout)
    page = open_page(layout.report.as_uri(), 400)
    for title in tabs(page):
        page.get_by_role("tab", name=title, exact=True).click()
        scroll_through(page)
        assert overflow(page) <= 0, title


def test_hostile_names_are_text(fabricate, open_page):
    frame = study_frame(OUTCOMES).rename({"stiffness": EVIL, "peak": f"m{EVIL}", "tip_mass": f"t{EVIL}"})
    failed = pl.col("outcome") == "failed"
    layout = fabricate(
        frame.with_columns(
            surface=pl.when(pl.col("trial") > 9).then(pl.lit(EVIL)).otherwise(pl.lit("<b>x</b>")),
            error=pl.when(failed).then(pl.lit(EVIL)).otherwise(None),
        ),
        telemetry=lambda trial: recording(trial, columns=[f"Joints/{EVIL}:qpos"]),
        study={
            "parameters": {
                EVIL: {"distribution": "normal", "mean": 40, "std": 4, "nominal": 1, "unit": EVIL},
                "surface": {"distribution": "categorical", "values": [EVIL, "<b>x</b>"]},
            },
            "name": EVIL,
        },
        metrics=[f"m{EVIL}"],
        named=[f"t{EVIL}"],
        units={EVIL: EVIL},
    )
    write_report(layout)
    page = open_page(layout.report.as_uri())
    assert "<script>alert(1)</script>" in page.locator("header").inner_text()
    for title in tabs(page):
        page.get_by_role("tab", name=title, exact=True).click()
        for width in (1600, 400):
            page.set_viewport_size({"width": width, "height": 900})
            scroll_through(page)
            assert overflow(page) <= 0, (title, width)
    assert page.locator("img").count() == 0 and page.locator("b").count() == 0
