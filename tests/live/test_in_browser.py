"""The live page in a real browser."""

import csv
import io

import pyarrow.parquet as pq
import pytest

from mojo.layout import StudyLayout
from tests.browser import (
    ONE_BROWSER,
    assert_readable,
    focus_on_next,
    scroll_through,
    tabs,
    watched,
)
from tests.live.conftest import begin_study, end_trial, running_server
from tests.report.fabricated import recording

pytestmark = ONE_BROWSER
EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'`${7}😀\u2028" + "x" * 250


@pytest.fixture(scope="module")
def study(tmp_path_factory) -> StudyLayout:
    """Five of six trials, one of them failed with a hostile reason, and one with hostile signals."""
    layout = begin_study(tmp_path_factory.mktemp("results") / "<b>drop & 'x'")
    for number in (0, 1, 2):
        end_trial(layout, number)
    end_trial(layout, 3, "failed", EVIL)
    end_trial(layout, 4)
    pq.write_table(recording(4, columns=[f"Joints/{EVIL}:qpos", "Loads/a/b/c:m"]), layout.trial(4).telemetry)
    return layout


@pytest.fixture(scope="module")
def shared(browser, study):
    with running_server(study.root.parent) as served, watched(browser, expected="status of 404") as opened:
        yield opened(served.link), served.link


@pytest.fixture
def page(shared):
    """The page without a choice, 1600 pixels wide."""
    page, link = shared
    page.set_viewport_size({"width": 1600, "height": 900})
    page.goto("about:blank")
    page.goto(link)
    page.locator("#statement").filter(has_text="of").wait_for()
    return page


def choose(page, name: str) -> None:
    page.get_by_label("Find a signal").fill(name)
    page.locator("#tree input").first.check()


def test_progress_and_failures_are_shown_and_go_on_by_themselves(study, page):
    assert page.locator("#statement").inner_text() == "5 of 6 trials done, 1 failed"
    assert "alert(1)" in page.locator("#failures").inner_text()
    end_trial(study, 5)
    page.get_by_role("heading", name="6 of 6 trials done").wait_for()
    study.trial(5).status.unlink()
    page.get_by_role("heading", name="5 of 6 trials done").wait_for()


def test_signals_are_found_in_the_tree_and_drawn_over_each_other(page):
    page.get_by_role("tab", name="Signals").click()
    page.get_by_label("Trials, drawn").fill("0-2")
    choose(page, "hinge qvel")
    scroll_through(page)
    page.wait_for_function("() => document.querySelector('#figures .plot')?.data?.length === 3")
    assert page.locator("#figures figcaption").inner_text().startswith("Joints/hinge:qvel [rad/s]")
    assert page.locator("#legend a").all_inner_texts() == ["trial 0", "trial 1", "trial 2"]
    page.get_by_label("Find a signal").fill("load_cell")
    page.locator("#tree input").check()
    page.wait_for_function("() => document.querySelectorAll('#figures .main-svg').length >= 4")
    assert "signal=Joints%2Fhinge%3Aqvel" in page.url  # the address can be sent to somebody
    page.reload()
    page.wait_for_function("() => document.querySelectorAll('#figures .main-svg').length >= 4")
    page.get_by_role("button", name="Choose none").click()
    assert page.locator("#figures figure").count() == 0


def test_what_is_drawn_is_saved_as_csv_and_png(page):
    page.get_by_role("tab", name="Signals").click()
    choose(page, "hinge qpos")
    page.wait_for_function("() => document.querySelector('#figures .main-svg') !== null")
    with page.expect_download() as told:
        page.get_by_role("link", name="CSV").click()
    rows = list(csv.reader(io.StringIO(told.value.path().read_text())))
    assert rows[0] == ["trial", "time [s]", "Joints/hinge:qpos [rad]"] and len(rows) == 201
    with page.expect_download() as told:
        page.get_by_role("button", name="Save Joints").click()
    assert told.value.path().read_bytes().startswith(b"\x89PNG") and told.value.suggested_filename.endswith(".png")


def test_a_zoom_brings_more_detail(study, page):
    pq.write_table(recording(2, rows=50_000, dt=1e-3), study.trial(2).telemetry)
    page.get_by_role("tab", name="Signals").click()
    page.get_by_label("Trials, drawn").fill("2")
    choose(page, "hinge qpos")
    page.wait_for_function("() => document.querySelector('#figures .plot')?.data?.[0].x.length > 1000")
    page.evaluate(
        "Plotly.relayout(document.querySelector('#figures .plot'), {'xaxis.range[0]': 1, 'xaxis.range[1]': 2})"
    )
    page.wait_for_function(
        "() => document.querySelector('#figures .plot').data[0].x.filter((t) => t >= 1 && t <= 2).length > 900"
    )


def test_a_trial_without_a_recording_says_so(page):
    page.get_by_role("tab", name="Progress").click()
    page.get_by_role("link", name="Draw signals of trial 3").click()
    page.get_by_text("Trial 3 has no recording.").wait_for()
    page.get_by_label("Trials, drawn").fill("three")
    page.get_by_text("Trials are numbers and ranges").wait_for()


def test_names_of_any_kind_are_text(page):
    page.get_by_role("tab", name="Signals").click()
    page.get_by_label("Trials, drawn").fill("4")
    choose(page, "alert")
    scroll_through(page)
    page.wait_for_function("() => document.querySelector('#figures .main-svg') !== null")
    assert page.locator("img").count() == 0 and page.locator("b").count() == 0
    assert page.locator("#studies strong").inner_text() == "drop"


def test_every_part_is_readable_wide_and_narrow_light_and_dark(page):
    for title in tabs(page):
        page.get_by_role("tab", name=title).click()
        if title == "Signals":
            choose(page, "hinge qpos")
            page.wait_for_function("() => document.querySelector('#figures .main-svg') !== null")
        assert_readable(page, title)


def test_all_is_done_by_keyboard(page):
    page.get_by_role("tab", name="Progress").focus()
    page.keyboard.press("ArrowRight")
    page.locator("#tree summary").first.wait_for()  # what is focused would be lost when the tree comes
    reached = [focus_on_next(page) for _ in range(6)]
    assert all(each["outlined"] and each["visible"] for each in reached), reached
    page.get_by_label("Find a signal").focus()
    page.keyboard.type("hinge qpos")
    for _ in range(10):
        if page.evaluate("document.activeElement.type") == "checkbox":
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.wait_for_function("() => document.querySelector('#figures .main-svg') !== null")


def test_the_report_opens_in_the_page(study, page):
    study.report.write_text("<!doctype html><title>r</title><p>All is well.")
    page.get_by_role("tab", name="Report").click()
    page.frame_locator("#report-frame").get_by_text("All is well.").wait_for()
    study.report.write_text("<!doctype html><title>r</title><p>Even better.")
    page.get_by_role("button", name="Show the newer report").click()
    page.frame_locator("#report-frame").get_by_text("Even better.").wait_for()
